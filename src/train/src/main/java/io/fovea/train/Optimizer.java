package io.fovea.train;

/**
 * How gradients change parameters, each as PyTorch defines it; the learning rate of each step comes
 * from a {@link Schedule}.
 */
public sealed interface Optimizer {
  /** Learning rate at the schedule's top. */
  double learningRate();

  /**
   * Stochastic gradient descent: {@code g += decay * p; v = momentum * v + g; p -= rate * v}, or,
   * looking ahead, {@code p -= rate * (g + momentum * v)} (<a
   * href="https://proceedings.mlr.press/v28/sutskever13.html">Sutskever 2013</a>).
   */
  record Sgd(double learningRate, double momentum, double weightDecay, boolean nesterov)
      implements Optimizer {
    public Sgd {
      Setting.LR.check(learningRate);
      Setting.MOMENTUM.check(momentum);
      Setting.WEIGHT_DECAY.check(weightDecay);
    }
  }

  /**
   * Steps of a size that the gradients' mean and mean square say (<a
   * href="https://arxiv.org/abs/1412.6980">Kingma 2014</a>); the decay is a part of the gradient.
   */
  record Adam(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
      implements Optimizer {
    public Adam {
      check(learningRate, beta1, beta2, epsilon, weightDecay);
    }

    static void check(double rate, double beta1, double beta2, double epsilon, double decay) {
      Setting.LR.check(rate);
      Setting.BETA1.check(beta1);
      Setting.BETA2.check(beta2);
      Setting.EPSILON.check(epsilon);
      Setting.WEIGHT_DECAY.check(decay);
    }
  }

  /**
   * Adam with decoupled weight decay (<a href="https://arxiv.org/abs/1711.05101">1711.05101</a>).
   */
  record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
      implements Optimizer {
    public AdamW {
      Adam.check(learningRate, beta1, beta2, epsilon, weightDecay);
    }
  }

  /**
   * Gradients over the root of their mean square (<a
   * href="https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf">Hinton
   * 2012</a>), not centred.
   */
  record RmsProp(
      double learningRate, double alpha, double momentum, double epsilon, double weightDecay)
      implements Optimizer {
    public RmsProp {
      Setting.LR.check(learningRate);
      Setting.ALPHA.check(alpha);
      Setting.MOMENTUM.check(momentum);
      Setting.EPSILON.check(epsilon);
      Setting.WEIGHT_DECAY.check(weightDecay);
    }
  }

  /**
   * Kernels of convolutions move by steps of one size in all directions: along the orthogonal
   * matrix that is nearest to their momentum's, which few iterations of a polynomial come near, and
   * keep their norm, as the normalization that follows asks for (<a
   * href="https://kellerjordan.github.io/posts/muon/">Jordan 2024</a>). All else, and kernels of a
   * single channel, moves by SGD with Nesterov momentum 0.9 and the weight decay.
   *
   * @param momentum of kernels, in Nesterov's form
   * @param restRate factor on the learning rate of all else
   */
  record Muon(double learningRate, double momentum, double restRate, double weightDecay)
      implements Optimizer {
    public Muon {
      Setting.LR.check(learningRate);
      Setting.MOMENTUM.check(momentum);
      Setting.REST_RATE.check(restRate);
      Setting.WEIGHT_DECAY.check(weightDecay);
    }
  }

  /** SGD with Nesterov momentum 0.9 and weight decay 5e-4. */
  static Optimizer sgd(double learningRate) {
    return new Sgd(learningRate, 0.9, 5e-4, true);
  }

  /** Adam with betas 0.9 and 0.999, without weight decay. */
  static Optimizer adam(double learningRate) {
    return new Adam(learningRate, 0.9, 0.999, 1e-8, 0);
  }

  /** AdamW with betas 0.9 and 0.999 and weight decay 0.01. */
  static Optimizer adamW(double learningRate) {
    return new AdamW(learningRate, 0.9, 0.999, 1e-8, 0.01);
  }

  /** Muon with momentum 0.6; the rest at 5 times the rate with weight decay 5e-4. */
  static Optimizer muon(double learningRate) {
    return new Muon(learningRate, 0.6, 5, 5e-4);
  }

  /** RMSprop with alpha 0.99, without momentum and weight decay. */
  static Optimizer rmsProp(double learningRate) {
    return new RmsProp(learningRate, 0.99, 0, 1e-8, 0);
  }
}
