package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The nets that the terms of a loss ask, and what they say of a batch. Terms that look at features
 * of one file share its net, which then looks at each batch once. Not thread-safe.
 */
final class Guides implements AutoCloseable {
  /** Levels in [0, 1]. */
  static final Step.Normalize LEVELS = new Step.Normalize(255, List.of(0f), List.of(1f));

  private final Map<Loss.Term, Guide> nets = new HashMap<>();
  private final Map<Loss.Term, Tensor> logits = new HashMap<>(); // of the batch
  private final Map<Loss.Style, Tensor[]> styles = new HashMap<>(); // Gram matrices
  private final Map<Guide, Tensor[]> features = new HashMap<>(); // of what was made last
  private final Preprocessing fed;
  private @Nullable Tensor last; // of which these are
  private @Nullable Critic critic;

  private Guides(Preprocessing fed) {
    this.fed = fed;
  }

  /** No nets. */
  static Guides none() {
    return new Guides(Preprocessing.of());
  }

  /**
   * Reads the nets of a recipe's loss, and the pictures whose style is learned.
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
      Map<Path, List<Loss.OfFeatures>> ofFeatures = new LinkedHashMap<>();
      for (Loss.Weighted t : loss.terms()) {
        if (t.term() instanceof Loss.Distill d) {
          Guide teacher = Guide.of("distill", d.teacher(), null, place);
          all.nets.put(d, teacher);
          List<String> known = teacher.labels();
          if (!known.isEmpty() && !known.equals(labels)) {
            throw teacher.problem("knows the classes %s, the data has %s".formatted(known, labels));
          }
        } else if (t.term() instanceof Loss.OfFeatures f) {
          ofFeatures.computeIfAbsent(f.net(), file -> new ArrayList<>()).add(f);
        }
      }
      ofFeatures.forEach((file, terms) -> all.look(file, terms, place));
      return all;
    } catch (TrainException e) {
      all.close();
      throw e;
    }
  }

  /** Reads the net of some terms. */
  private void look(Path file, List<Loss.OfFeatures> terms, Place place) {
    String names = terms.stream().map(Guides::name).distinct().collect(Collectors.joining(", "));
    List<String> at = terms.stream().flatMap(t -> t.at().stream()).distinct().toList();
    Guide net = Guide.of(names, file, at, place);
    for (Loss.OfFeatures term : terms) {
      nets.put(term, net);
      if (term instanceof Loss.Style style) {
        styles.put(style, style(style, net, place));
      }
    }
  }

  private static String name(Loss.OfFeatures term) {
    return term instanceof Loss.Style ? "style" : "perceptual";
  }

  /** The Gram matrices of a picture. */
  private Tensor[] style(Loss.Style term, Guide net, Place place) {
    Picture picture;
    try {
      picture = Picture.read(term.picture());
    } catch (PictureException e) {
      throw new TrainException("loss style: " + e.getMessage(), e);
    }
    Picture colored = fed.channels() == 3 ? picture.toRgb() : picture.toGrey();
    String name = term.picture().toString();
    Targets.Values levels = Pairs.targets(List.of(new Target.Made(colored)), fed, name);
    io.fovea.onnx.Tensor pixels = io.fovea.onnx.Tensor.of(name, levels.shape(), levels.values());
    try (Tensor x = place.keep(Torch.copy(pixels));
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor[] values = values(net, x, term.at());
      return Arrays.stream(values)
          .map(v -> gram(term, net, v).retainReference())
          .toArray(Tensor[]::new);
    } catch (TrainException e) {
      throw new TrainException(
          "%s; the style is %s, %s".formatted(e.getMessage(), name, picture), e);
    }
  }

  /** {@code [N, C, H, W] -> [N, C, C]}. */
  private static Tensor gram(Loss.Style term, Guide net, Tensor value) {
    long[] shape = Torch.shape(value);
    if (shape.length != 4) {
      throw net.problem(
          "%s: expected values [N, C, H, W], met %s".formatted(term.at(), Arrays.toString(shape)));
    }
    long size = shape[1] * shape[2] * shape[3];
    Tensor flat = value.reshape(shape[0], shape[1], shape[2] * shape[3]);
    return torch.bmm(flat, flat.transpose(1, 2)).mul(new Scalar(1.0 / size));
  }

  /** The net that learns beside the one that is trained; null where there is none. */
  @Nullable Critic critic() {
    return critic;
  }

  /** Has the teachers look at a batch; what they say lives as long as the scope around it. */
  void see(Tensor pixels) {
    forget();
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

  private void forget() {
    logits.clear();
    features.clear();
    last = null;
  }

  /** The net of a term. */
  Guide of(Loss.Term term) {
    return Objects.requireNonNull(nets.get(term), term::toString);
  }

  /** What the teacher said of the batch: logits. */
  Tensor teacher(Loss.Distill term) {
    return Objects.requireNonNull(logits.get(term), term::toString);
  }

  /** What a net sees in pictures of levels in [0, 1]. */
  private Tensor[] values(Guide net, Tensor pictures, List<String> at) {
    return net.values(net.fed(pictures, LEVELS, Guide.isBgr(fed)), at);
  }

  /** What the net of a term sees in what was made; it looks once for all terms. */
  private Tensor[] made(Loss.OfFeatures term, Tensor made) {
    if (made != last) {
      features.clear();
      last = made;
    }
    Guide net = of(term);
    Tensor[] all = features.computeIfAbsent(net, n -> values(n, made, n.wanted()));
    return term.at().stream().map(v -> all[net.wanted().indexOf(v)]).toArray(Tensor[]::new);
  }

  /** The sum over the term's values of the mean squared difference of their features. */
  Tensor perceptual(Loss.Perceptual term, Tensor made, Tensor wanted) {
    Tensor[] right;
    try (NoGradGuard guard = new NoGradGuard()) {
      right = values(of(term), wanted, term.at());
    }
    Tensor[] met = made(term, made);
    Tensor sum = torch.mse_loss(met[0], right[0]);
    for (int i = 1; i < met.length; i++) {
      sum = sum.add(torch.mse_loss(met[i], right[i]));
    }
    return sum;
  }

  /** The sum over the term's values of the mean squared difference of their Gram matrices. */
  Tensor style(Loss.Style term, Tensor made) {
    Tensor[] right = Objects.requireNonNull(styles.get(term), term::toString);
    Tensor[] met = made(term, made);
    Tensor sum = null;
    for (int i = 0; i < met.length; i++) {
      Tensor squares = gram(term, of(term), met[i]).sub(right[i]).square().mean();
      sum = sum == null ? squares : sum.add(squares);
    }
    return Objects.requireNonNull(sum);
  }

  @Override
  public void close() {
    new HashSet<>(nets.values()).forEach(Guide::close);
    styles.values().stream().flatMap(Arrays::stream).forEach(Tensor::close);
    styles.clear();
    if (critic != null) {
      critic.close();
    }
  }
}
