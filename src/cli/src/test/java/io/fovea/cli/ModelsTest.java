package io.fovea.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.train.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files that ship. */
class ModelsTest {
  private static final Path MODELS =
      Path.of(System.getProperty("fovea.root", "../..")).resolve("models");

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(MODELS)) {
      List<Path> files = all.filter(f -> f.toString().endsWith(".onnx")).toList();
      assertFalse(files.isEmpty());
      return files;
    }
  }

  @Test
  void haveRecipesThatAreRead() throws IOException {
    for (Path file : files()) {
      Path recipe = Path.of(file.toString().replaceFirst("onnx$", "yaml"));
      boolean masks = file.endsWith("membrane-unet.onnx");
      Recipe usual = masks ? Recipe.segmentation() : Recipe.classification();
      assertNotEquals(usual, usual.with(recipe), recipe.toString());
      String card = Files.readString(Path.of(file.toString().replaceFirst("onnx$", "md")));
      assertTrue(card.contains("--recipe models/" + recipe.getFileName()), card);
    }
  }

  @Test
  void areTheOnesThatTheirCardsDescribe() throws Exception {
    for (Path file : files()) {
      String card = Files.readString(Path.of(file.toString().replaceFirst("onnx$", "md")));
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      assertTrue(card.contains(HexFormat.of().formatHex(hash)), file + ": SHA-256");
      assertTrue(card.contains("%,d bytes".formatted(Files.size(file))), file + ": size");
    }
  }

  @Test
  void tellADigitHoweverItIsTurned() throws IOException {
    int side = 28;
    byte[] upright = new byte[side * side]; // a 7
    byte[] turned = new byte[side * side];
    for (int y = 6; y < 22; y++) {
      for (int x = 8; x < 20; x++) {
        boolean bar = y < 9;
        boolean leg = Math.abs(x - (19 - (y - 9) / 2.0)) < 1.5;
        if (bar || leg) {
          upright[y * side + x] = (byte) 255;
          turned[(side - 1 - x) * side + y] = (byte) 255;
        }
      }
    }
    Path file = MODELS.resolve("p4cnn-rotated-digits.onnx");
    try (Classifier digits = Classifier.load(file, Device.cpu())) {
      var wanted = digits.score(Picture.of(side, side, 1, upright));
      assertTrue(wanted.top(1).get(0).label().equals("7"), wanted.top(3).toString());
      float[] met = digits.score(Picture.of(side, side, 1, turned)).probabilities();
      assertArrayEquals(wanted.probabilities(), met, 1e-4f);
    }
  }
}
