package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestoreTest {
  @TempDir static Path folder;
  private static Path photo;

  @BeforeAll
  static void draw() {
    byte[] pixels = new byte[32 * 32 * 3];
    new Random(1).nextBytes(pixels);
    photo = folder.resolve("photo.png");
    Picture.of(32, 32, 3, pixels).writePng(photo);
    Mask.of(31, 32, new byte[31 * 32]).writePng(folder.resolve("narrow.png"), List.of());
    byte[] holes = new byte[32 * 32];
    holes[40] = 1;
    Mask.of(32, 32, holes).writePng(folder.resolve("holes.png"), List.of());
  }

  @Test
  void writesTheSamePictureForTheSameSeedAndItsNet() throws IOException {
    Path net = folder.resolve("net.onnx");
    Path first = folder.resolve("first.png");
    CommandRun run =
        fovea(
            "restore", photo, "--denoise", "--iterations", 10, "--out", first, "--model-out", net);
    assertEquals(0, run.status(), run.err());
    assertEquals(first + ": 32x32 RGB, of iteration 10; 10 were run\n", run.out());
    assertTrue(run.err().contains("32x32: about 353 MiB of memory"), run.err());
    assertTrue(run.err().contains("iteration 10/10: error 0."), run.err());
    assertTrue(run.err().contains(" s, at most 0 s left"), run.err());
    Path second = folder.resolve("second.png");
    fovea("restore", photo, "--denoise", "--iterations", 10, "-o", second);
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
    assertEquals(0, fovea("inspect", net).status());
  }

  @Test
  void keepsWhatIsNoHoleAndMakesLargerPictures() throws IOException {
    Path filled = folder.resolve("new/filled.png");
    CommandRun run =
        fovea(
            "restore",
            photo,
            "--inpaint",
            folder.resolve("holes.png"),
            "--iterations",
            3,
            "-o",
            filled,
            "--quiet");
    assertEquals(0, run.status(), run.err());
    assertEquals("", run.err());
    byte[] pixels = Picture.read(filled).pixels();
    byte[] before = Picture.read(photo).pixels();
    for (int i = 0; i < pixels.length; i++) {
      assertTrue(i / 3 == 40 || pixels[i] == before[i], "at " + i);
    }
    run =
        fovea(
            "restore",
            photo,
            "--upscale",
            2,
            "--iterations",
            3,
            "-o",
            folder.resolve("x2.jpg"),
            "--json");
    JsonNode facts = new ObjectMapper().readTree(run.out());
    assertEquals(64, facts.get("width").asInt());
    assertEquals(3, facts.get("iterations").asInt());
    assertEquals("64x64 RGB", Picture.read(folder.resolve("x2.jpg")).toString());
  }

  @Test
  void refusesWhatTheMachineCannotHold() {
    Path large = folder.resolve("large.png");
    Picture.of(3000, 3000, 1, new byte[3000 * 3000]).writePng(large);
    CommandRun run = fovea("restore", large, "--upscale", 8, "-o", folder.resolve("x8.png"));
    assertEquals(2, run.status());
    String expected = large + ": 24000x24000 takes about 1409 GiB of memory, the machine has ";
    assertTrue(run.err().contains(expected), run.err());
    assertTrue(run.err().contains("; a smaller picture or --width takes less"), run.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          photo.png -o x.png | expected one of --denoise, --inpaint and --upscale, met none
          photo.png --denoise --upscale 2 -o x.png | expected one of --denoise, --inpaint and --upscale, met two
          absent.png --denoise -o x.png | absent.png: no such file
          photo.png --inpaint absent.png -o x.png | absent.png: no such file
          photo.png --inpaint narrow.png -o x.png | narrow.png: a mask of 31x32 for a picture of 32x32
          photo.png --denoise -o x.gif | x.gif: expected a name that ends in .png or .jpg
          photo.png --denoise -o x.png --model-out x.pt | x.pt: expected a name that ends in .onnx
          photo.png --upscale 9 -o x.png | deep image prior: expected a factor of 2 to 8, met 9
          photo.png --denoise --average 1 -o x.png | deep image prior: expected a share of the average to keep in [0, 1), met 1.0
          photo.png --denoise --width 0 -o x.png | option width: expected more than 0 and at most 16, met 0.0
          photo.png --denoise | Missing required option: '--output=FILE'
          """)
  void answersAMistakeInALine(String line, String message) {
    Object[] args =
        ("restore "
                + line.replaceAll("(\\w+\\.\\w+)(?= |$)", folder + "/$1")
                    .replaceAll(folder + "/(0\\.\\d+)", "$1"))
            .split(" ");
    CommandRun run = fovea(args);
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(2, run.err().lines().filter(l -> !l.contains("MiB of memory")).count(), run.err());
  }
}
