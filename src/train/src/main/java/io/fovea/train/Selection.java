package io.fovea.train;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which parameters of a net are trained, and how strongly: for fine-tuning. Immutable.
 *
 * @param freeze patterns (regular expressions, found anywhere in a name) of parameters that stay as
 *     they are
 * @param freezeDepth layers with parameters, counted from the input, that stay as they are
 * @param train patterns of constants that are trained too: position tables, input normalization
 * @param bodyRate factor on the learning rate of all but the last layer, in [0, 1]
 * @param decayNorms whether weight decay also reaches biases and normalizations, as PyTorch's
 *     optimizers have it; else only tensors of two axes or more
 * @param biasRate factor on the learning rate of the biases of normalizations: 1, or up to 64 where
 *     a short training should learn them fast
 * @param freezeStatistics whether batch normalizations keep their running statistics and use them;
 *     those of frozen layers always do
 */
public record Selection(
    List<String> freeze,
    int freezeDepth,
    List<String> train,
    double bodyRate,
    boolean decayNorms,
    double biasRate,
    boolean freezeStatistics) {
  public Selection {
    freeze = List.copyOf(freeze);
    train = List.copyOf(train);
    freeze.forEach(Selection::pattern);
    train.forEach(Selection::pattern);
    Setting.BIAS_RATE.check(biasRate);
    Setting.FREEZE_DEPTH.check(freezeDepth);
    Setting.BODY_RATE.check(bodyRate);
  }

  /** All parameters alike. */
  public static Selection all() {
    return new Selection(List.of(), 0, List.of(), 1, true, 1, false);
  }

  /** The same, and this parameter stays as it is. */
  Selection freezing(String name) {
    List<String> all = new ArrayList<>(freeze);
    all.add("^" + Pattern.quote(name) + "$");
    return new Selection(all, freezeDepth, train, bodyRate, decayNorms, biasRate, freezeStatistics);
  }

  private static Pattern pattern(String text) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new TrainException("pattern '" + text + "': " + e.getDescription(), e);
    }
  }

  private static boolean matches(List<String> patterns, String name) {
    return patterns.stream().anyMatch(p -> pattern(p).matcher(name).find());
  }

  /**
   * The roles with this selection's changes: what is frozen is a constant.
   *
   * @param layers the parameters of each layer, from the input on
   * @throws TrainException where a pattern fits nothing
   */
  Roles of(Roles roles, List<List<String>> layers, Set<String> floats) {
    Set<String> frozen = new HashSet<>();
    layers.stream().limit(freezeDepth).forEach(frozen::addAll);
    roles.parameters().stream().filter(n -> matches(freeze, n)).forEach(frozen::add);
    List<String> wanted =
        roles.constants().stream().filter(n -> floats.contains(n) && matches(train, n)).toList();
    for (String pattern : freeze) {
      check(pattern, roles.parameters(), "parameter");
    }
    for (String pattern : train) {
      check(pattern, List.copyOf(floats), "float initializer");
    }
    List<String> parameters = new ArrayList<>(roles.parameters());
    parameters.removeAll(frozen);
    parameters.addAll(wanted);
    List<String> constants = new ArrayList<>(roles.constants());
    constants.removeAll(wanted);
    constants.addAll(roles.parameters().stream().filter(frozen::contains).toList());
    return new Roles(parameters, roles.state(), constants);
  }

  private static void check(String pattern, List<String> names, String what) {
    if (names.stream().noneMatch(n -> matches(List.of(pattern), n))) {
      throw new TrainException(
          "pattern '%s' fits no %s; there are %s".formatted(pattern, what, sample(names)));
    }
  }

  private static String sample(List<String> names) {
    int few = Math.min(6, names.size());
    return names.subList(0, few)
        + (names.size() > few ? " and " + (names.size() - few) + " more" : "");
  }
}
