package io.fovea.cli;

import io.fovea.converters.Activation;
import io.fovea.converters.Normalization;
import io.fovea.converters.Options;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of an architecture. */
final class GraphOptions {
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
      names = "--seed",
      description = "draws initial weights and the order of pictures; default: ${DEFAULT-VALUE}")
  long seed;

  Options options(@Nullable Integer classes) {
    return new Options(channels, classes, width, activation, normalization, seed);
  }

  /** Whether any option that shapes a new graph is given. */
  boolean shapes() {
    return channels != null || width != null || activation != null || normalization != null;
  }
}
