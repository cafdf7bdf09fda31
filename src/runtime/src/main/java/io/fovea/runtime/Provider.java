package io.fovea.runtime;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An execution provider of ONNX Runtime: what runs the nodes of a graph. Options have ONNX
 * Runtime's own names, and {@code arena_shrinkage} gives memory back after each run; those of a
 * plug-in are passed on as they are.
 *
 * @param name one of {@link #names}, or the path of a plug-in library
 * @param index of the device among the provider's, from 0
 */
public record Provider(String name, int index, Map<String, String> options) {
  // A colon ends the name only before an index or an option: C:\plug-in.dll has one too.
  private static final Pattern TEXT =
      Pattern.compile("(.+?)(?::(\\d{1,3}))?((?::[A-Za-z][\\w.]*=.*?)*)");
  private static final Pattern OPTION =
      Pattern.compile(":([A-Za-z][\\w.]*)=(.*?)(?=:[A-Za-z][\\w.]*=|$)");

  /**
   * Checks the options of a provider that is known.
   *
   * @throws IllegalArgumentException for a name, an index, an option or a value that it does not
   *     have, listing what there is
   */
  public Provider {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    ProviderKind kind = ProviderKind.named(name);
    if (kind == null && !isPath(name)) {
      throw new IllegalArgumentException(
          "device '%s': expected %s, auto, or the path of a provider library; with :N after it for"
                  .formatted(name, String.join(", ", names()))
              + " a device's number and :NAME=VALUE for an option");
    }
    if (index < 0 || (index > 0 && kind != null && !kind.counts())) {
      throw new IllegalArgumentException(
          "device '%s' has no number, met %d".formatted(name, index));
    }
    if (kind != null) {
      options.forEach(kind::value);
    }
  }

  /** The names of providers that need no library of their own. */
  public static List<String> names() {
    return Arrays.stream(ProviderKind.values()).map(ProviderKind::text).toList();
  }

  /**
   * A provider from text such as {@code cpu}, {@code cuda:1}, {@code
   * cuda:0:gpu_mem_limit=2G:use_tf32=0} or {@code /opt/providers/libprovider.so}. A value ends
   * before the next {@code :NAME=}.
   *
   * @throws IllegalArgumentException as the constructor does
   */
  public static Provider named(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      return new Provider(text, 0, Map.of());
    }
    Map<String, String> options = new LinkedHashMap<>();
    Matcher each = OPTION.matcher(parts.group(3));
    while (each.find()) {
      options.put(each.group(1), each.group(2));
    }
    int index = parts.group(2) == null ? 0 : Integer.parseInt(parts.group(2));
    return new Provider(parts.group(1), index, options);
  }

  Provider with(String option, String value) {
    Map<String, String> more = new LinkedHashMap<>(options);
    more.put(option, value);
    return new Provider(name, index, more);
  }

  private static boolean isPath(String name) {
    return name.contains("/") || name.contains("\\") || name.matches(".+\\.(so|dll|dylib)");
  }

  /** What it is where its name is known; null of a plug-in. */
  @Nullable ProviderKind kind() {
    return ProviderKind.named(name);
  }

  boolean isCpu() {
    return kind() == ProviderKind.CPU;
  }

  @Override
  public String toString() {
    ProviderKind kind = kind();
    String number =
        kind == null ? (index == 0 ? "" : ":" + index) : kind.counts() ? ":" + index : "";
    return name
        + number
        + options.entrySet().stream()
            .map(o -> ":" + o.getKey() + "=" + o.getValue())
            .collect(Collectors.joining());
  }
}
