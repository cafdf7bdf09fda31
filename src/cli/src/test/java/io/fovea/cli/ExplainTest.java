package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Heat maps from the command line. */
class ExplainTest {
  private static final Path ROOT = Path.of(System.getProperty("fovea.root", "../.."));
  private static final Path CLOTHES = ROOT.resolve("models/fashion-mnist-resnet20.onnx");

  private static void copy(Path folder, String... names) throws IOException {
    Files.createDirectories(folder);
    for (String name : names) {
      Files.copy(ROOT.resolve("test-data/sizes").resolve(name), folder.resolve(name));
    }
  }

  @Test
  void writesEachPictureUnderItsHeatMap(@TempDir Path folder) throws IOException {
    Path photos = folder.resolve("photos");
    copy(photos, "heart-exif6-120x240.jpg", "circle-20x31.png", "broken.jpg");
    Files.copy(photos.resolve("circle-20x31.png"), photos.resolve("heart-exif6-120x240.png"));
    Path maps = folder.resolve("maps");
    CommandRun run = fovea("score", CLOTHES, photos, "--explain", maps, "--json");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("explained by the feature map 'layer3.2.relu'"), run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals(4, lines.size(), run.out());
    assertTrue(lines.get(0).contains("\"error\""), lines.get(0));
    try (Stream<Path> written = Files.list(maps)) {
      assertEquals(
          List.of(
              "circle-20x31.explain.png",
              "heart-exif6-120x240.explain.png",
              "heart-exif6-120x240.png.explain.png"),
          new TreeSet<>(written.map(p -> p.getFileName().toString()).toList()).stream().toList());
    }
    JsonNode heart = new JsonMapper().readTree(lines.get(2));
    Picture over = Picture.read(Path.of(heart.get("explanation").asText()));
    assertEquals("120x240 RGB", over.toString());
    Picture upright = Picture.read(photos.resolve("heart-exif6-120x240.jpg"));
    assertFalse(Arrays.equals(upright.toRgb().pixels(), over.pixels()), "it is coloured");
    CommandRun again = fovea("score", CLOTHES, photos, "--explain", maps);
    List<String> rows = again.out().lines().toList();
    assertEquals("file,label,probability,explanation,error", rows.get(0));
    assertTrue(rows.get(1).matches(".*broken\\.jpg,,,,.+"), rows.get(1));
    assertTrue(rows.get(2).endsWith("circle-20x31.explain.png,"), rows.get(2));

    Path best = Path.of(heart.get("explanation").asText());
    String label = heart.get("scores").get(0).get("label").asText();
    Path named = folder.resolve("named");
    Path picture = photos.resolve("heart-exif6-120x240.jpg");
    run = fovea("score", CLOTHES, picture, "--explain", named, "--class", label);
    assertEquals(0, run.status(), run.err());
    Path same = named.resolve("heart-exif6-120x240.explain.png");
    byte[] wanted = Picture.read(best).pixels();
    byte[] met = Picture.read(same).pixels();
    for (int i = 0; i < wanted.length; i++) { // a batch rounds otherwise
      assertEquals(wanted[i] & 0xff, met[i] & 0xff, 2);
    }
    String other = label.equals("bag") ? "coat" : "bag";
    fovea("score", CLOTHES, picture, "--explain", named, "--class", other);
    assertFalse(
        Arrays.equals(Picture.read(best).pixels(), Picture.read(same).pixels()),
        "another class is seen elsewhere");
  }

  private static void assertRefused(String message, Object... args) {
    CommandRun run = fovea(args);
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }

  @Test
  void refusesWhatItCannotShow(@TempDir Path folder) throws IOException {
    Path photos = folder.resolve("photos");
    copy(photos, "circle-20x31.png");
    Path circle = photos.resolve("circle-20x31.png");
    Path maps = folder.resolve("maps");
    assertRefused(
        "has no class 'hat'; it has t-shirt, trouser, pullover",
        "score",
        CLOTHES,
        circle,
        "--explain",
        maps,
        "--class",
        "hat");
    assertRefused(
        "--class: names what --explain shows, which is not given",
        "score",
        CLOTHES,
        circle,
        "--class",
        "bag");
    assertRefused(
        "--explain shows classes, this is no classifier",
        "score",
        ROOT.resolve("models/membrane-unet.onnx"),
        circle,
        "--explain",
        maps);
    Files.copy(circle, photos.resolve("circle-20x31.explain.png"));
    assertRefused(
        "the result would replace a picture", "score", CLOTHES, photos, "--explain", photos);
    assertFalse(Files.exists(maps), "nothing is written");
  }
}
