package io.fovea.cli;

import io.fovea.image.Picture;
import io.fovea.runtime.PictureTransformer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "generate",
    description = {
      "Makes pictures of noise by a generator, such as one that was trained by lsgan or hinge.",
      "The seed gives the first picture, the next number the second, and so on."
    })
final class GenerateCommand implements Callable<Integer> {
  private static final int BATCH = 32;
  private static final int GAP = 2; // pixels between the pictures of a sheet
  private static final int LARGEST_SHEET = 10_000; // pictures

  @Parameters(paramLabel = "FILE", description = "the .onnx file")
  Path file = Path.of("");

  @Option(names = "--count", paramLabel = "N", description = "pictures; default: ${DEFAULT-VALUE}")
  int count = 16;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "draws the first one's noise; default: ${DEFAULT-VALUE}")
  long seed;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FOLDER|FILE",
      description = "a folder of PNG files, named by their seeds, or one .png of all side by side")
  Path output = Path.of("");

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "as of fovea score; default: ${DEFAULT-VALUE}")
  String device = "auto";

  @Option(names = "--json", description = "one JSON object")
  boolean json;

  @Override
  public Integer call() throws IOException {
    boolean isSheet = output.toString().toLowerCase(Locale.ROOT).endsWith(".png");
    if (count < 1 || (isSheet && count > LARGEST_SHEET)) {
      String most = isSheet ? " to %,d on one sheet".formatted(LARGEST_SHEET) : " or more";
      throw new Fovea.UserException("--count: expected 1%s, met %d".formatted(most, count));
    }
    try (PictureTransformer net = PictureTransformer.load(file, ServingOptions.device(device))) {
      if (isSheet) {
        OutputFile.picture(output);
        sheet(net.generate(count, seed)).writePng(output);
      } else {
        write(net);
      }
    }
    if (json) {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("file", file.toString());
      facts.put("output", output.toString());
      facts.put("count", count);
      facts.put("seed", seed);
      System.out.println(Json.text(facts));
    } else {
      System.out.printf(
          "%s: %,d pictures, seeds %d to %d%n", output, count, seed, seed + count - 1);
    }
    return 0;
  }

  /** A file each, some at a time. */
  private void write(PictureTransformer net) throws IOException {
    if (!net.generates()) {
      net.generate(1, seed); // says why before anything is made
    }
    OutputFile.folder(output);
    try (Progress progress = new Progress("generate", count)) {
      for (int done = 0; done < count; done += BATCH) {
        List<Picture> some = net.generate(Math.min(BATCH, count - done), seed + done);
        for (int i = 0; i < some.size(); i++) {
          some.get(i).writePng(output.resolve("%06d.png".formatted(seed + done + i)));
        }
        progress.at(Math.min(count, done + BATCH));
      }
    }
  }

  /** The pictures in rows, as wide as high or less high, on black. */
  static Picture sheet(List<Picture> all) {
    int columns = (int) Math.ceil(Math.sqrt(all.size()));
    int rows = (all.size() + columns - 1) / columns;
    Picture first = all.get(0);
    int channels = first.channels();
    int width = columns * (first.width() + GAP) - GAP;
    int height = rows * (first.height() + GAP) - GAP;
    byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), channels)];
    int line = first.width() * channels;
    for (int i = 0; i < all.size(); i++) {
      int x = i % columns * (first.width() + GAP);
      int y = i / columns * (first.height() + GAP);
      for (int row = 0; row < first.height(); row++) {
        int to = ((y + row) * width + x) * channels;
        System.arraycopy(all.get(i).pixels(), row * line, pixels, to, line);
      }
    }
    return Picture.of(width, height, channels, pixels);
  }
}
