package io.fovea.train;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A term of a loss as text, {@code name(option=value, option="value")}, and sums of them. */
final class LossText {
  private static final String NUMBER = "\\d+(?:\\.\\d*)?(?:[eE][+-]?\\d+)?|\\.\\d+";
  private static final Pattern TERM =
      Pattern.compile(
          "\\s*(?:("
              + NUMBER
              + ")\\s*\\*\\s*)?([A-Za-z0-9_]+)\\s*(?:\\(((?:\"[^\"]*\"|[^\")])*)\\)\\s*)?");
  private static final Pattern OPTION =
      Pattern.compile("\\s*([A-Za-z_]+)\\s*=\\s*(?:\"([^\"]*)\"|([^\",]*?))\\s*(?:,|$)");

  /** Each name, and the options that it has. */
  private static final Map<String, List<String>> NAMES = new LinkedHashMap<>();

  static {
    NAMES.put("cross_entropy", List.of());
    NAMES.put("binary_cross_entropy", List.of());
    NAMES.put("focal", List.of("gamma", "alpha"));
    NAMES.put("dice", List.of());
    NAMES.put("tversky", List.of("alpha", "beta"));
    NAMES.put("cross_entropy_dice", List.of());
    NAMES.put("mse", List.of());
    NAMES.put("l1", List.of());
    NAMES.put("charbonnier", List.of("epsilon"));
    NAMES.put("ssim", List.of());
    NAMES.put("ms_ssim", List.of());
    NAMES.put("total_variation", List.of());
    NAMES.put("distill", List.of("teacher", "temperature", "weight"));
    NAMES.put("perceptual", List.of("net", "at"));
    NAMES.put("style", List.of("net", "picture", "at"));
    NAMES.put("lsgan", List.of("critic", "rate"));
    NAMES.put("hinge", List.of("critic", "rate"));
  }

  private final String name;
  private final Map<String, List<String>> options = new LinkedHashMap<>();

  private LossText(String name, String options) {
    this.name = name;
    if (!NAMES.containsKey(name)) {
      throw new TrainException(
          "loss: unknown '%s'; there are %s".formatted(name, String.join(", ", NAMES.keySet())));
    }
    read(options);
  }

  /** Reads a sum of terms. */
  static Loss parse(String text) {
    List<Loss.Weighted> terms = new ArrayList<>();
    Matcher term = TERM.matcher(text);
    for (int at = 0; ; at++) { // beyond the plus
      boolean isTerm = at <= text.length() && term.region(at, text.length()).lookingAt();
      int end = isTerm ? term.end() : at;
      if (!isTerm || (end < text.length() && text.charAt(end) != '+')) {
        throw new TrainException(
            "loss '%s': expected terms such as focal(gamma=2) and + between them, met '%s'"
                .formatted(text, text.substring(Math.min(end, text.length()))));
      }
      double weight = term.group(1) == null ? 1 : Double.parseDouble(term.group(1));
      String options = term.group(3) == null ? "" : term.group(3);
      LossText read = new LossText(term.group(2).toLowerCase(Locale.ROOT), options);
      for (Loss.Weighted t : read.loss().terms()) {
        terms.add(new Loss.Weighted(weight * t.weight(), t.term()));
      }
      at = end;
      if (at == text.length()) {
        return new Loss(terms);
      }
    }
  }

  private void read(String text) {
    Matcher option = OPTION.matcher(text);
    for (int at = 0; !text.substring(at).isBlank(); at = option.end()) {
      if (!option.region(at, text.length()).lookingAt()) {
        throw problem("expected option=value, met '%s'".formatted(text.substring(at).strip()));
      }
      String key = option.group(1);
      List<String> known = NAMES.getOrDefault(name, List.of());
      if (!known.contains(key)) {
        throw problem(
            "unknown option '%s'; %s"
                .formatted(key, known.isEmpty() ? "it has none" : "there are " + known));
      }
      String value = option.group(2) != null ? option.group(2) : option.group(3);
      options.computeIfAbsent(key, k -> new ArrayList<>()).add(value);
    }
  }

  private Loss loss() {
    return switch (name) {
      case "cross_entropy" -> Loss.CROSS_ENTROPY;
      case "binary_cross_entropy" -> Loss.of(new Loss.BinaryCrossEntropy());
      case "focal" ->
          Loss.of(
              new Loss.Focal(
                  number("gamma", 2), options.containsKey("alpha") ? number("alpha", 0) : null));
      case "dice" -> Loss.DICE;
      case "tversky" -> Loss.of(new Loss.Tversky(number("alpha", 0.3), number("beta", 0.7)));
      case "cross_entropy_dice" -> Loss.CROSS_ENTROPY_DICE;
      case "mse" -> Loss.MSE;
      case "l1" -> Loss.L1;
      case "charbonnier" -> Loss.of(new Loss.Charbonnier(number("epsilon", 1e-3)));
      case "ssim" -> Loss.of(new Loss.Ssim());
      case "ms_ssim" -> Loss.of(new Loss.MsSsim());
      case "total_variation" -> Loss.of(new Loss.TotalVariation());
      case "distill" ->
          Loss.of(
              new Loss.Distill(file("teacher"), number("temperature", 4), number("weight", 0.9)));
      case "perceptual" -> Loss.of(new Loss.Perceptual(file("net"), at()));
      case "style" -> Loss.of(new Loss.Style(file("net"), file("picture"), at()));
      case "lsgan" -> Loss.of(new Loss.Lsgan(file("critic"), number("rate", 1)));
      case "hinge" -> Loss.of(new Loss.Hinge(file("critic"), number("rate", 1)));
      default -> throw new IllegalStateException(name);
    };
  }

  private double number(String option, double usual) {
    if (!options.containsKey(option)) {
      return usual;
    }
    String text = one(option);
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw problem("%s: expected a number, met '%s'".formatted(option, text));
    }
  }

  private Path file(String option) {
    String text = one(option);
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw problem("%s: expected a file, met '%s'".formatted(option, text));
    }
  }

  private List<String> at() {
    return options.getOrDefault("at", List.of());
  }

  private String one(String option) {
    List<String> values = options.getOrDefault(option, List.of());
    if (values.size() != 1) {
      throw problem("expected one %s, met %s".formatted(option, values.size()));
    }
    return values.get(0);
  }

  private TrainException problem(String what) {
    return new TrainException("loss " + name + ": " + what);
  }

  /** Checks an option's value. */
  static void check(String name, String option, double value, boolean isRight, String expected) {
    if (!isRight || Double.isInfinite(value)) {
      throw new TrainException(
          "loss %s: expected %s %s, met %s".formatted(name, option, expected, number(value)));
    }
  }

  /** The values of a net that a term looks at, each once. */
  static List<String> values(String name, List<String> at) {
    if (at.isEmpty()) {
      throw new TrainException("loss %s: expected one at or more, met none".formatted(name));
    }
    return at.stream().distinct().toList();
  }

  /** A term as text, its options and then the values that it looks at. */
  static String text(String name, List<String> at, Object... options) {
    List<Object> all = new ArrayList<>(List.of(options));
    at.forEach(value -> all.addAll(List.of("at", value)));
    return text(name, all.toArray());
  }

  /**
   * A term as text.
   *
   * @param options names and values in turn
   */
  static String text(String name, Object... options) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < options.length; i += 2) {
      Object value = options[i + 1];
      String text = value instanceof Double d ? number(d) : value.toString();
      boolean plain = text.matches("[^\\s\",()=+]+");
      parts.add(options[i] + "=" + (plain ? text : "\"" + text + "\""));
    }
    return name + "(" + String.join(",", parts) + ")";
  }

  /** A number without a fraction where it has none. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
