package io.fovea.train;

import java.util.List;

/**
 * A batch of a training, as it is told to a {@link Trainer.Listener}. It is a step of the optimizer
 * too, unless the recipe accumulates the gradients of several.
 *
 * @param epoch from 1
 * @param number within the epoch, from 1
 * @param steps batches of the epoch
 * @param pictures of the batch
 * @param loss of the batch, before it is learned from
 * @param meanLoss over the epoch so far
 * @param criticLoss of the critic that learns beside, before its step; NaN where there is none
 * @param right pictures of the batch whose likeliest class was right as they were augmented, of
 *     those that were mixed the class of the larger share; -1 where that is not counted, as of
 *     masks and values
 * @param learningRate of the step
 * @param waited seconds in which the network waited for data before the step
 * @param computed seconds of forward and backward pass
 * @param updated seconds in which the optimizer changed the parameters
 * @param decoded seconds that decoding and augmenting took since the last step, of all threads
 * @param layers of the net, in its order; empty where no sampled step ends with this batch
 */
public record TrainingStep(
    int epoch,
    int number,
    int steps,
    int pictures,
    double loss,
    double meanLoss,
    double criticLoss,
    int right,
    double learningRate,
    double waited,
    double computed,
    double updated,
    double decoded,
    List<LayerFigures> layers) {}
