package io.fovea.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a model runs: execution providers of ONNX Runtime, the first choice first. Each node of a
 * graph runs on the first of them that takes it, and on the CPU where none does, unless the device
 * is strict. Of several providers those that cannot be used are left out, which a loaded model
 * tells; one that is asked for alone is used, or loading fails with what is missing. Immutable.
 *
 * @param providers at least one
 * @param strict whether loading fails where a provider cannot be used or where a node would run on
 *     another one
 */
public record Device(List<Provider> providers, boolean strict) {
  public Device {
    providers = List.copyOf(providers);
    if (providers.isEmpty()) {
      throw new IllegalArgumentException("a device wants at least one provider");
    }
    List<String> names = providers.stream().map(p -> p.name() + ":" + p.index()).toList();
    if (names.stream().distinct().count() < names.size()) {
      throw new IllegalArgumentException("device '" + text(providers) + "' names a provider twice");
    }
  }

  public static Device cpu() {
    return of("cpu", 0);
  }

  /** The CUDA device of a number that counts from 0. */
  public static Device cuda(int index) {
    return of("cuda", index);
  }

  /** The first CUDA device where one can be used, else the CPU: {@code cuda:0,cpu}. */
  public static Device auto() {
    return cuda(0).or(cpu());
  }

  private static Device of(String name, int index) {
    return new Device(List.of(new Provider(name, index, Map.of())), false);
  }

  /**
   * A device from text: {@code auto}, or names separated by commas, as {@link Provider#named} takes
   * them, such as {@code tensorrt,cuda:1,cpu}.
   *
   * @throws IllegalArgumentException for a provider, an option or a value that there is not; the
   *     message lists what there is
   */
  public static Device named(String text) {
    return text.equals("auto")
        ? auto()
        : new Device(Arrays.stream(text.split(",", -1)).map(Provider::named).toList(), false);
  }

  /** The same, then another one for what this one does not take, or where it cannot be used. */
  public Device or(Device next) {
    return new Device(
        Stream.concat(providers.stream(), next.providers.stream()).toList(), strict || next.strict);
  }

  /**
   * The same with an option of the provider that was named last.
   *
   * @throws IllegalArgumentException where it has no such option or value
   */
  public Device with(String option, String value) {
    List<Provider> all = new ArrayList<>(providers);
    all.add(all.remove(all.size() - 1).with(option, value));
    return new Device(all, strict);
  }

  /** The same, on which no node may run elsewhere. */
  public Device asStrict() {
    return new Device(providers, true);
  }

  private static String text(List<Provider> providers) {
    return providers.stream().map(Provider::toString).collect(Collectors.joining(","));
  }

  @Override
  public String toString() {
    return text(providers) + (strict ? " (strict)" : "");
  }
}
