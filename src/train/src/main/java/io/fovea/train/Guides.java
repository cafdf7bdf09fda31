package io.fovea.train;

import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The nets that the terms of a loss ask, and what they say of a batch. Not thread-safe. */
final class Guides implements AutoCloseable {
  /** Levels in [0, 1]. */
  static final Step.Normalize LEVELS = new Step.Normalize(255, List.of(0f), List.of(1f));

  private final Map<Loss.Term, Guide> nets = new HashMap<>();
  private final Map<Loss.Term, Tensor> logits = new HashMap<>(); // of the batch
  private final Preprocessing fed;
  private @Nullable Critic critic;

  private Guides(Preprocessing fed) {
    this.fed = fed;
  }

  /** No nets. */
  static Guides none() {
    return new Guides(Preprocessing.of());
  }

  /**
   * Reads the nets of a recipe's loss.
   *
   * @param fed how pictures are fed to the net that is trained
   * @param labels of the data; empty where nothing is told apart
   * @throws TrainException naming the file that does not fit
   */
  static Guides of(Recipe recipe, Preprocessing fed, List<String> labels, Place place) {
    Guides all = new Guides(fed);
    Loss loss = recipe.loss();
    try {
      Loss.Adversarial adversarial = loss.adversarial();
      all.critic = adversarial == null ? null : Critic.of(adversarial, recipe, fed, place);
      for (Loss.Weighted t : loss.terms()) {
        if (t.term() instanceof Loss.Distill d) {
          Guide teacher = Guide.of("distill", d.teacher(), null, place);
          all.nets.put(d, teacher);
          List<String> known = teacher.labels();
          if (!known.isEmpty() && !known.equals(labels)) {
            throw teacher.problem("knows the classes %s, the data has %s".formatted(known, labels));
          }
        } else if (t.term() instanceof Loss.Perceptual p) {
          all.nets.put(p, Guide.of("perceptual", p.net(), p.at(), place));
        }
      }
      return all;
    } catch (TrainException e) {
      all.close();
      throw e;
    }
  }

  /** The net that learns beside the one that is trained; null where there is none. */
  @Nullable Critic critic() {
    return critic;
  }

  /** Has the teachers look at a batch; what they say lives as long as the scope around it. */
  void see(Tensor pixels) {
    logits.clear();
    try (NoGradGuard guard = new NoGradGuard()) {
      nets.forEach(
          (term, net) -> {
            if (term instanceof Loss.Distill) {
              Tensor x = net.fed(pixels, Guide.normalize(fed), Guide.isBgr(fed));
              logits.put(term, net.values(x)[0]);
            }
          });
    }
  }

  /** The net of a term. */
  Guide of(Loss.Term term) {
    return Objects.requireNonNull(nets.get(term), term::toString);
  }

  /** What the teacher said of the batch: logits. */
  Tensor teacher(Loss.Distill term) {
    return Objects.requireNonNull(logits.get(term), term::toString);
  }

  /** The sum over the term's values of the mean squared difference of their features. */
  Tensor perceptual(Loss.Perceptual term, Tensor made, Tensor wanted) {
    Guide net = of(term);
    boolean bgr = Guide.isBgr(fed);
    Tensor[] right;
    try (NoGradGuard guard = new NoGradGuard()) {
      right = net.values(net.fed(wanted, LEVELS, bgr));
    }
    Tensor[] met = net.values(net.fed(made, LEVELS, bgr));
    Tensor sum = torch.mse_loss(met[0], right[0]);
    for (int i = 1; i < met.length; i++) {
      sum = sum.add(torch.mse_loss(met[i], right[i]));
    }
    return sum;
  }

  @Override
  public void close() {
    nets.values().forEach(Guide::close);
    if (critic != null) {
      critic.close();
    }
  }
}
