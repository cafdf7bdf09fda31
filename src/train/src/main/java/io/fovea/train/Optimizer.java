package io.fovea.train;

/**
 * How gradients change parameters; the learning rate of each step comes from a {@link Schedule}.
 */
public sealed interface Optimizer {
  /** Learning rate at the schedule's top. */
  double learningRate();

  /**
   * Stochastic gradient descent as PyTorch defines it: {@code g += decay * p; v = momentum * v + g;
   * p -= rate * v}.
   */
  record Sgd(double learningRate, double momentum, double weightDecay, boolean nesterov)
      implements Optimizer {}

  /**
   * Adam with decoupled weight decay (<a href="https://arxiv.org/abs/1711.05101">1711.05101</a>).
   */
  record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
      implements Optimizer {}

  /** SGD with momentum 0.9 and weight decay 5e-4. */
  static Optimizer sgd(double learningRate) {
    return new Sgd(learningRate, 0.9, 5e-4, false);
  }

  /** AdamW with betas 0.9 and 0.999 and weight decay 0.01. */
  static Optimizer adamW(double learningRate) {
    return new AdamW(learningRate, 0.9, 0.999, 1e-8, 0.01);
  }
}
