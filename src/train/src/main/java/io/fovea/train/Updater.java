package io.fovea.train;

import io.fovea.train.Optimizer.Adam;
import io.fovea.train.Optimizer.AdamW;
import io.fovea.train.Optimizer.Muon;
import io.fovea.train.Optimizer.RmsProp;
import io.fovea.train.Optimizer.Sgd;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
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
  private final List<Tensor> moments = new ArrayList<>();
  private long steps;

  private Updater(List<Parameter> parameters) {
    this.parameters = parameters;
  }

  static Updater of(Optimizer optimizer, List<Parameter> parameters) {
    if (optimizer instanceof Sgd sgd) {
      return new SgdUpdater(sgd, parameters);
    }
    if (optimizer instanceof Muon muon) {
      return new MuonUpdater(muon, parameters);
    }
    if (optimizer instanceof RmsProp prop) {
      return new RmsPropUpdater(prop, parameters);
    }
    return optimizer instanceof Adam a
        ? new AdamUpdater(
            new AdamW(a.learningRate(), a.beta1(), a.beta2(), a.epsilon(), a.weightDecay()),
            false,
            parameters)
        : new AdamUpdater((AdamW) optimizer, true, parameters);
  }

  /** Scales all gradients down together where their norm is above a length. */
  void clip(double norm) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor[] all = parameters.stream().map(Parameter::tensor).toArray(Tensor[]::new);
      torch.clip_grad_norm_(new TensorVector(all), norm);
    }
  }

  /** Changes the parameters by their gradients, which are then gone. */
  void step(double rate) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      steps++;
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

  abstract void update(int i, Tensor p, Tensor g, double rate, boolean decays);

  /** Steps so far. */
  final long steps() {
    return steps;
  }

  /** What it remembers: of all parameters one after another, once or twice. */
  final List<Tensor> moments() {
    return moments;
  }

  /** Goes on after so many steps, with the moments as they are. */
  final void goOn(long done) {
    steps = done;
  }

  /** A moment for each parameter, 0 at first. */
  final List<Tensor> zeros() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      List<Tensor> all = new ArrayList<>();
      parameters.forEach(p -> all.add(torch.zeros_like(p.tensor).retainReference()));
      moments.addAll(all);
      return all;
    }
  }

  /** Decay as a part of the gradient. */
  static void decay(Tensor p, Tensor g, double decay) {
    if (decay != 0) {
      g.add_(p, new Scalar(decay));
    }
  }

  /** A running mean of squares. */
  static Tensor squares(Tensor mean, Tensor g, double keep) {
    return mean.mul_(new Scalar(keep)).addcmul_(g, g, new Scalar(1 - keep));
  }

  @Override
  public void close() {
    moments.forEach(Tensor::close);
  }

  /** Momentum buffers. */
  private static class SgdUpdater extends Updater {
    private final Sgd sgd;
    final List<Tensor> velocity;

    SgdUpdater(Sgd sgd, List<Parameter> parameters) {
      super(parameters);
      this.sgd = sgd;
      // A first step of v = 0 * momentum + g is PyTorch's v = g.
      this.velocity = sgd.momentum() == 0 ? List.of() : zeros();
    }

    @Override
    void update(int i, Tensor p, Tensor g, double rate, boolean decays) {
      decay(p, g, decays ? sgd.weightDecay() : 0);
      Tensor direction = g;
      if (sgd.momentum() != 0) {
        Tensor v = velocity.get(i).mul_(new Scalar(sgd.momentum())).add_(g);
        direction = sgd.nesterov() ? g.add_(v, new Scalar(sgd.momentum())) : v;
      }
      p.add_(direction, new Scalar(-rate));
    }
  }

  /** Momentum buffers, of kernels as of all else. */
  private static final class MuonUpdater extends SgdUpdater {
    private final Muon muon;

    MuonUpdater(Muon muon, List<Parameter> parameters) {
      super(new Sgd(muon.learningRate(), 0.9, muon.weightDecay(), true), parameters);
      this.muon = muon;
    }

    @Override
    void update(int i, Tensor p, Tensor g, double rate, boolean decays) {
      if (p.dim() != 4 || p.size(1) == 1) {
        super.update(i, p, g, rate * muon.restRate(), decays);
        return;
      }
      Tensor v = velocity.get(i).mul_(new Scalar(muon.momentum())).add_(g);
      Tensor ahead = g.add_(v, new Scalar(muon.momentum())).reshape(p.size(0), -1);
      double norm = torch.norm(p).item_float();
      p.add_(orthogonal(ahead).reshape(Torch.shape(p)), new Scalar(-rate));
      if (norm > 0) { // else it has none to keep
        p.mul_(new Scalar(norm / torch.norm(p).item_float()));
      }
    }

    /**
     * Near the orthogonal matrix next to one: three of Jordan's iterations take the singular values
     * towards 1.
     */
    private static Tensor orthogonal(Tensor matrix) {
      boolean tall = matrix.size(0) > matrix.size(1);
      Tensor x = tall ? matrix.t() : matrix;
      x = x.div(torch.norm(x).add(new Scalar(1e-7)));
      for (int i = 0; i < 3; i++) {
        Tensor square = torch.mm(x, x.t());
        Tensor more = torch.addmm(square, square, square, new Scalar(-4.7750), new Scalar(2.0315));
        x = torch.addmm(x, more, x, new Scalar(3.4445), new Scalar(1));
      }
      return tall ? x.t() : x;
    }
  }

  /** First and second moments; the decay is decoupled or a part of the gradient. */
  private static final class AdamUpdater extends Updater {
    private final AdamW adam;
    private final boolean decoupled;
    private final List<Tensor> first;
    private final List<Tensor> second;

    AdamUpdater(AdamW adam, boolean decoupled, List<Parameter> parameters) {
      super(parameters);
      this.adam = adam;
      this.decoupled = decoupled;
      this.first = zeros();
      this.second = zeros();
    }

    @Override
    void update(int i, Tensor p, Tensor g, double rate, boolean decays) {
      double correction1 = 1 - Math.pow(adam.beta1(), steps());
      double correction2 = 1 - Math.pow(adam.beta2(), steps());
      if (decays && decoupled) {
        p.mul_(new Scalar(1 - rate * adam.weightDecay()));
      } else {
        decay(p, g, decays ? adam.weightDecay() : 0);
      }
      Tensor m = first.get(i).lerp_(g, new Scalar(1 - adam.beta1()));
      Tensor v = squares(second.get(i), g, adam.beta2());
      Tensor root =
          v.sqrt().div_(new Scalar(Math.sqrt(correction2))).add_(new Scalar(adam.epsilon()));
      p.addcdiv_(m, root, new Scalar(-rate / correction1));
    }
  }

  /** Mean squares, and momentum buffers. */
  private static final class RmsPropUpdater extends Updater {
    private final RmsProp prop;
    private final List<Tensor> squares;
    private final List<Tensor> velocity;

    RmsPropUpdater(RmsProp prop, List<Parameter> parameters) {
      super(parameters);
      this.prop = prop;
      this.squares = zeros();
      this.velocity = prop.momentum() == 0 ? List.of() : zeros();
    }

    @Override
    void update(int i, Tensor p, Tensor g, double rate, boolean decays) {
      decay(p, g, decays ? prop.weightDecay() : 0);
      Tensor root =
          squares(squares.get(i), g, prop.alpha()).sqrt().add_(new Scalar(prop.epsilon()));
      if (prop.momentum() == 0) {
        p.addcdiv_(g, root, new Scalar(-rate));
      } else {
        Tensor v = velocity.get(i).mul_(new Scalar(prop.momentum()));
        p.add_(v.addcdiv_(g, root, new Scalar(1)), new Scalar(-rate));
      }
    }
  }
}
