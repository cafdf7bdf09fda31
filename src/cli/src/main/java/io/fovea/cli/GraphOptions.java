package io.fovea.cli;

import io.fovea.converters.Activation;
import io.fovea.converters.Extra;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of an architecture. */
final class GraphOptions {
  /** Those that shape a new graph, for messages. */
  static final String NAMES = "--channels, --width, --activation, --normalization and --with";

  @Option(names = "--channels", description = "channels of the pictures: 1 or 3")
  @Nullable Integer channels;

  @Option(names = "--width", description = "factor on the filters of every layer")
  @Nullable Double width;

  @Option(
      names = "--activation",
      description = "one of ${COMPLETION-CANDIDATES}; as in the paper unless given")
  @Nullable Activation activation;

  @Option(
      names = "--normalization",
      description = "one of ${COMPLETION-CANDIDATES}; as in the paper unless given")
  @Nullable Normalization normalization;

  @Option(
      names = "--dropout",
      paramLabel = "RATIO",
      description = "share of the values before the last layer that training drops, in [0, 1)")
  @Nullable Double dropout;

  @Option(
      names = "--with",
      split = ",",
      paramLabel = "EXTRA",
      description = "adds to the paper's net: ${COMPLETION-CANDIDATES}")
  Set<Extra> extras = Set.of();

  @Option(
      names = "--seed",
      description = "draws initial weights and the order of pictures; default: 0")
  @Nullable Long seed;

  Options options(@Nullable Integer classes) {
    long drawn = seed == null ? 0 : seed;
    return new Options(channels, classes, width, activation, normalization, dropout, extras, drawn);
  }

  /** Whether any option that shapes a new graph is given. */
  boolean shapes() {
    return channels != null
        || width != null
        || activation != null
        || normalization != null
        || !extras.isEmpty();
  }
}
