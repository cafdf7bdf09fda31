package io.fovea.train;

import io.fovea.train.Optimizer.AdamW;
import io.fovea.train.Optimizer.Sgd;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** An optimizer at work: its moments for each parameter. */
abstract class Updater implements AutoCloseable {
  /**
   * A parameter and how strongly it is changed.
   *
   * @param rate factor on the learning rate
   * @param decays whether weight decay reaches it
   */
  record Parameter(Tensor tensor, double rate, boolean decays) {}

  private final List<Parameter> parameters;
  final List<Tensor> moments = new ArrayList<>();

  private Updater(List<Parameter> parameters) {
    this.parameters = parameters;
  }

  static Updater of(Optimizer optimizer, List<Parameter> parameters) {
    return optimizer instanceof Sgd sgd
        ? new SgdUpdater(sgd, parameters)
        : new AdamWUpdater((AdamW) optimizer, parameters);
  }

  /** Changes the parameters by their gradients, which are then gone. */
  void step(double rate) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      begin();
      for (int i = 0; i < parameters.size(); i++) {
        Parameter p = parameters.get(i);
        Tensor gradient = p.tensor.mutable_grad();
        if (gradient.defined()) {
          update(i, p.tensor, gradient, rate * p.rate, p.decays);
          gradient.reset();
        }
      }
    }
  }

  void begin() {}

  abstract void update(int i, Tensor p, Tensor g, double rate, boolean decays);

  static List<Tensor> zeros(List<Parameter> like) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      List<Tensor> all = new ArrayList<>();
      like.forEach(p -> all.add(torch.zeros_like(p.tensor).retainReference()));
      return all;
    }
  }

  @Override
  public void close() {
    moments.forEach(Tensor::close);
  }

  /** Momentum buffers. */
  private static final class SgdUpdater extends Updater {
    private final Sgd sgd;
    private final List<Tensor> velocity;

    SgdUpdater(Sgd sgd, List<Parameter> parameters) {
      super(parameters);
      this.sgd = sgd;
      // A first step of v = 0 * momentum + g is PyTorch's v = g.
      this.velocity = sgd.momentum() == 0 ? List.of() : zeros(parameters);
      moments.addAll(velocity);
    }

    @Override
    void update(int i, Tensor p, Tensor g, double rate, boolean decays) {
      if (decays && sgd.weightDecay() != 0) {
        g.add_(p, new Scalar(sgd.weightDecay()));
      }
      Tensor direction = g;
      if (sgd.momentum() != 0) {
        Tensor v = velocity.get(i).mul_(new Scalar(sgd.momentum())).add_(g);
        direction = sgd.nesterov() ? g.add_(v, new Scalar(sgd.momentum())) : v;
      }
      p.add_(direction, new Scalar(-rate));
    }
  }

  /** First and second moments. */
  private static final class AdamWUpdater extends Updater {
    private final AdamW adam;
    private final List<Tensor> first;
    private final List<Tensor> second;
    private int steps;

    AdamWUpdater(AdamW adam, List<Parameter> parameters) {
      super(parameters);
      this.adam = adam;
      this.first = zeros(parameters);
      this.second = zeros(parameters);
      moments.addAll(first);
      moments.addAll(second);
    }

    @Override
    void begin() {
      steps++;
    }

    @Override
    void update(int i, Tensor p, Tensor g, double rate, boolean decays) {
      double correction1 = 1 - Math.pow(adam.beta1(), steps);
      double correction2 = 1 - Math.pow(adam.beta2(), steps);
      if (decays) {
        p.mul_(new Scalar(1 - rate * adam.weightDecay()));
      }
      Tensor m = first.get(i).lerp_(g, new Scalar(1 - adam.beta1()));
      Tensor v =
          second.get(i).mul_(new Scalar(adam.beta2())).addcmul_(g, g, new Scalar(1 - adam.beta2()));
      Tensor root =
          v.sqrt().div_(new Scalar(Math.sqrt(correction2))).add_(new Scalar(adam.epsilon()));
      p.addcdiv_(m, root, new Scalar(-rate / correction1));
    }
  }
}
