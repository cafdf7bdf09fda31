package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A net that learns to tell made pictures from real ones, beside the net that makes them
 * (Goodfellow 2014, <a href="https://arxiv.org/abs/1406.2661">1406.2661</a>). Its parameters change
 * in its own steps alone; otherwise gradients flow through it to the pictures. It always sees
 * batches as in training, made and real ones apart. Not thread-safe.
 */
final class Critic implements AutoCloseable {
  private static final String MEMORY = "critic.";

  private final Loss.Adversarial term;
  private final Model model;
  private final Guide net;
  private final boolean bgr;
  private final List<String> parameters;
  private final Updater updater;
  private final double clipNorm;

  private Critic(Loss.Adversarial term, Model model, Guide net, Recipe recipe, boolean bgr) {
    this.term = term;
    this.model = model;
    this.net = net;
    this.bgr = bgr;
    this.clipNorm = recipe.clipNorm();
    this.parameters = net.graph().roles().parameters();
    if (parameters.isEmpty()) {
      throw net.problem("has no parameters to train");
    }
    for (String name : parameters) {
      var values = model.graph().initializers().get(name);
      if (values != null && values.type() != DataType.FLOAT) {
        throw net.problem("parameter '%s': expected float, met %s".formatted(name, values.type()));
      }
    }
    boolean decaysNorms = recipe.selection().decayNorms();
    this.updater =
        Updater.of(
            recipe.optimizer(),
            parameters.stream()
                .map(net.graph()::tensor)
                .map(p -> new Updater.Parameter(p, term.rate(), decaysNorms || p.dim() > 1))
                .toList());
  }

  /**
   * Reads a critic.
   *
   * @param fed how pictures are fed to the net that is trained, by whose order of planes it makes
   *     them
   * @throws TrainException naming the file that does not fit
   */
  static Critic of(Loss.Adversarial term, Recipe recipe, Preprocessing fed, Place place) {
    String name = term instanceof Loss.Lsgan ? "lsgan" : "hinge";
    Model model = Guide.read(name, term.critic());
    Guide net = Guide.of(name, term.critic(), model, null, place);
    try {
      return new Critic(term, model, net, recipe, Guide.isBgr(fed));
    } catch (TrainException e) {
      net.close();
      throw e;
    }
  }

  /**
   * A step of its own, of a batch of each.
   *
   * @param made pictures, {@code [N, C, H, W]}, levels in [0, 1]
   * @param real pictures of that shape
   * @return the loss before the step
   */
  double learn(Tensor made, Tensor real, double learningRate) {
    setLearning(true);
    try (PointerScope scope = new PointerScope()) {
      Tensor error = error(answers(real), answers(made.detach()));
      double value = error.item_float();
      if (!Double.isFinite(value)) {
        throw new NotFiniteException(
            "the critic's loss is %s; lower the learning rate".formatted(value));
      }
      error.backward();
      if (clipNorm > 0) {
        updater.clip(clipNorm);
      }
      updater.step(learningRate);
      return value;
    } finally {
      setLearning(false);
    }
  }

  /** What it shall make small itself, of its answers. */
  private Tensor error(Tensor real, Tensor made) {
    if (term instanceof Loss.Lsgan) {
      Tensor one = real.sub(new Scalar(1.0)).square().mean();
      return one.add(made.square().mean()).mul(new Scalar(0.5));
    }
    Tensor one = torch.relu(real.neg().add(new Scalar(1.0))).mean();
    return one.add(torch.relu(made.add(new Scalar(1.0))).mean());
  }

  /** What the net that made the pictures shall make small, {@code [N, C, H, W]} in [0, 1]. */
  Tensor error(Tensor made) {
    Tensor said = answers(made);
    return term instanceof Loss.Lsgan
        ? said.sub(new Scalar(1.0)).square().mean().mul(new Scalar(0.5))
        : said.mean().neg();
  }

  /** A number for each picture, or a map of them. */
  private Tensor answers(Tensor levels) {
    Tensor x = net.fed(levels, Guides.LEVELS, bgr);
    if (!net.saysHowFed()) {
      x = x.mul(new Scalar(2.0)).sub(new Scalar(1.0));
    }
    Tensor said = net.trained(x)[0];
    long[] shape = Torch.shape(said);
    if (shape.length == 0 || shape[0] != levels.size(0) || (shape.length > 1 && shape[1] != 1)) {
      throw net.problem(
          "expected a number or a map for each picture, [%d, 1, ...], met %s"
              .formatted(levels.size(0), Arrays.toString(shape)));
    }
    return said;
  }

  private void setLearning(boolean learns) {
    parameters.forEach(p -> net.graph().tensor(p).set_requires_grad(learns));
  }

  /** All that changes while it learns. */
  Memory memory() {
    List<String> changing =
        Stream.concat(parameters.stream(), net.graph().roles().state().stream()).toList();
    return new Memory(MEMORY, net.graph(), changing, updater, null, null);
  }

  /** The net with its parameters and running statistics as they are now. */
  Model export() {
    return model.withGraph(model.graph().withInitializers(net.graph().state()));
  }

  @Override
  public void close() {
    updater.close();
    net.close();
  }
}
