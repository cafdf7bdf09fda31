package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fovea.image.Mask;
import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Masks and values from the command line, on discs that are drawn here. */
class TasksTest {
  private static final int SIDE = 32;
  private static final String GREY =
      "[{\"step\":\"color\",\"channels\":\"grey\"},"
          + "{\"step\":\"normalize\",\"divisor\":255,\"mean\":[0],\"std\":[1]}]";

  /** A bright disc on a dark ground, and its mask. */
  private static byte[][] disc(Random random, int width, int height) {
    double x = width * (0.3 + 0.4 * random.nextDouble());
    double y = height * (0.3 + 0.4 * random.nextDouble());
    double radius = Math.min(width, height) * (0.15 + 0.25 * random.nextDouble());
    byte[] pixels = new byte[width * height];
    byte[] mask = new byte[width * height];
    for (int i = 0; i < pixels.length; i++) {
      boolean inside = Math.hypot(i % width - x, (double) i / width - y) < radius;
      pixels[i] = (byte) ((inside ? 170 : 60) + random.nextInt(40));
      mask[i] = (byte) (inside ? 255 : 0);
    }
    return new byte[][] {pixels, mask, {(byte) Math.round(radius)}};
  }

  /** Pictures of discs, their masks, and lines of a CSV file of radius and price. */
  static void draw(Path folder, int count, StringBuilder csv) throws IOException {
    Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("masks"));
    Random random = new Random(5);
    for (int i = 0; i < count; i++) {
      byte[][] drawn = disc(random, SIDE, SIDE);
      Picture.of(SIDE, SIDE, 1, drawn[0]).writePng(folder.resolve("images/" + i + ".png"));
      Picture.of(SIDE, SIDE, 1, drawn[1]).writePng(folder.resolve("masks/" + i + ".png"));
      csv.append("images/%d.png,%d,%d%n".formatted(i, drawn[2][0], 1000 - 10 * drawn[2][0]));
    }
  }

  @Test
  void learnsMasksAndGivesThemAtEachPicturesOwnSize(@TempDir Path folder) throws IOException {
    draw(folder, 60, new StringBuilder());
    Files.writeString(folder.resolve("labels.txt"), "ground\ndisc\n");
    Path net = folder.resolve("discs.onnx");
    CommandRun run =
        fovea(
            "train",
            "unet",
            "--width",
            0.125,
            "--data",
            folder,
            "--hold-out",
            "5?.png",
            "--epochs",
            8,
            "-o",
            net);
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("held-out mean IoU "), run.err());

    CommandRun measured =
        fovea("evaluate", net, "--data", folder, "--hold-out", "5?.png", "--json");
    JsonNode facts = new JsonMapper().readTree(measured.out());
    assertTrue(facts.get("pixelAccuracy").asDouble() > 0.95, measured.out());
    assertTrue(facts.get("classes").get("disc").get("dice").asDouble() > 0.9, measured.out());
    String whole = fovea("evaluate", net, "--data", folder).out();
    assertTrue(whole.startsWith("mean IoU "), whole);
    assertEquals(whole, fovea("evaluate", net, "--data", folder, "--tile", 32).out());
    String windows = fovea("evaluate", net, "--data", folder, "--tile", 16, "--json").out();
    double right = new JsonMapper().readTree(windows).get("pixelAccuracy").asDouble();
    assertTrue(right > 0.8 && right < 1, windows);
    CommandRun crops = fovea("evaluate", net, "--data", folder, "--crops", 5);
    assertEquals(2, crops.status());
    assertTrue(crops.err().contains("--crops is for models of classes"), crops.err());

    Path large = folder.resolve("large");
    Files.createDirectories(large);
    byte[][] drawn = disc(new Random(9), 141, 90);
    Picture.of(141, 90, 1, drawn[0]).writePng(large.resolve("a.png"));
    Files.writeString(large.resolve("broken.png"), "no picture");
    Path masks = folder.resolve("found");
    CommandRun scored = fovea("score", net, large, "--masks", masks, "--overlay", "--json");
    assertEquals(0, scored.status(), scored.err());
    List<String> lines = scored.out().lines().toList();
    assertEquals(2, lines.size(), scored.out());
    assertTrue(lines.get(1).contains("\"error\""), lines.get(1));
    Mask mask = Mask.read(masks.resolve("a.png"));
    assertEquals(141, mask.width());
    assertEquals(90, mask.height());
    int same = 0;
    for (int i = 0; i < drawn[1].length; i++) {
      same += (drawn[1][i] != 0) == (mask.classes()[i] == 1) ? 1 : 0;
    }
    assertTrue(same > 0.95 * drawn[1].length, same + " of " + drawn[1].length);
    double share = new JsonMapper().readTree(lines.get(0)).get("shares").get("disc").asDouble();
    assertEquals((double) mask.areas()[1] / drawn[1].length, share, 1e-9);
    assertTrue(lines.get(0).contains("\"disc\":" + mask.areas()[1]), lines.get(0));
    assertTrue(Picture.read(masks.resolve("legend.png")).height() > 40, "two classes");
    assertEquals("141x90 RGB", Picture.read(masks.resolve("a.overlay.png")).toString());
    CommandRun table = fovea("score", net, large, "--masks", masks);
    assertTrue(
        table
            .out()
            .startsWith(
                "file,mask,share of ground,share of disc,pixels of ground,pixels of disc,error\n"));
  }

  @Test
  void learnsValuesInTheirOwnUnits(@TempDir Path folder) throws IOException {
    StringBuilder csv = new StringBuilder("file,radius,price\n");
    draw(folder, 200, csv);
    Path values = Files.writeString(folder.resolve("values.csv"), csv);
    Path net = folder.resolve("radius.onnx");
    CommandRun run =
        fovea(
            "train",
            "resnet8",
            "--width",
            0.5,
            "--data",
            values,
            "--hold-out",
            "1?.png",
            "--epochs",
            15,
            "--lr",
            0.01,
            "--json",
            "-o",
            net);
    assertEquals(0, run.status(), run.err());
    assertEquals(16, run.out().lines().count(), run.out());
    CommandRun measured =
        fovea("evaluate", net, "--data", values, "--hold-out", "1?.png", "--json");
    JsonNode facts = new JsonMapper().readTree(measured.out());
    assertTrue(facts.get("r2").asDouble() > 0.8, measured.out());
    assertEquals("price", facts.get("values").get(1).get("name").asText());
    CommandRun scored = fovea("score", net, folder.resolve("images/11.png"));
    assertTrue(scored.out().startsWith("file,radius,price,error\n"), scored.out());
  }

  @Test
  void refusesDataOfOtherClassesAndMasksThatWouldReplacePictures(@TempDir Path folder)
      throws IOException {
    draw(folder, 12, new StringBuilder());
    Files.writeString(folder.resolve("labels.txt"), "ground\ndisc\n");
    Path net = folder.resolve("discs.onnx");
    CommandRun run =
        fovea("train", "unet", "--width", 0.125, "--data", folder, "--epochs", 1, "-o", net);
    assertEquals(0, run.status(), run.err());
    CommandRun over = fovea("score", net, folder.resolve("images"), "--masks", folder + "/images");
    assertEquals(2, over.status());
    assertTrue(over.err().contains("the result would replace a picture"), over.err());
    Files.writeString(folder.resolve("labels.txt"), "disc\nground\n");
    assertEquals(2, fovea("evaluate", net, "--data", folder).status(), "another order of classes");
    Files.writeString(folder.resolve("labels.txt"), "sky\nsun\n");
    CommandRun other = fovea("evaluate", net, "--data", folder);
    assertEquals(2, other.status());
    assertTrue(
        other.err().contains("has the classes [ground, disc], the data has [sky, sun]"),
        other.err());
  }

  @Test
  void saysThatMasksNeedANetThatGivesThem(@TempDir Path folder) throws IOException {
    draw(folder, 4, new StringBuilder());
    CommandRun run = fovea("train", "resnet8", "--data", folder, "-o", folder.resolve("x.onnx"));
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains("expected [batch, classes, height, width]"), run.err());
  }

  @Test
  void trainsOnPairsOfPictures(@TempDir Path folder) throws IOException {
    for (String part : List.of("inputs", "targets")) {
      Files.createDirectories(folder.resolve(part));
    }
    for (int i = 0; i < 10; i++) {
      byte[] few = new byte[48];
      new Random(i).nextBytes(few);
      Picture large = Picture.of(4, 4, 3, few).resize(32, 32, Resampling.BICUBIC);
      large.writePng(folder.resolve("targets/" + i + ".png"));
      large.resize(16, 16, Resampling.BOX).writePng(folder.resolve("inputs/" + i + ".png"));
    }
    Path net = folder.resolve("x2.onnx");
    String loss = "l1 + 0.1*ssim";
    CommandRun train =
        fovea("train", "espcn_x2", "--data", folder, "--epochs", 1, "--loss", loss, "-o", net);
    assertEquals(0, train.status(), train.err());
    assertTrue(train.err().contains("loss: l1 + 0.1*ssim"), train.err());
    assertTrue(train.err().contains("held-out PSNR"), train.err());
    CommandRun again = // a file, in windows
        fovea(
            "train",
            net,
            "--data",
            folder,
            "--epochs",
            1,
            "--size",
            12,
            "--report",
            folder.resolve("report.html"),
            "-o",
            net);
    assertEquals(0, again.status(), again.err());
    String page = Files.readString(folder.resolve("report.html"));
    assertTrue(page.contains("Lowest PSNR first"), page);
    assertEquals(3, page.split("<img ").length - 1, "held out is one: it, its target, the answer");
    CommandRun evaluate = fovea("evaluate", net, "--data", folder);
    assertEquals(0, evaluate.status(), evaluate.err());
    assertTrue(evaluate.out().matches("(?s)PSNR \\d.* of 10 pictures.*"), evaluate.out());
    Path made = folder.resolve("made");
    CommandRun score = fovea("score", net, folder.resolve("inputs"), "--pictures", made);
    assertEquals(0, score.status(), score.err());
    assertEquals("32x32 RGB", Picture.read(made.resolve("3.png")).toString());
    CommandRun classes = fovea("train", "resnet8", "--data", folder, "-o", net);
    assertEquals(2, classes.status(), classes.err());
    assertTrue(
        classes.err().contains("resnet8 makes no pictures: expected data of classes"),
        classes.err());
  }

  @Test
  void trainsOnPicturesAlone(@TempDir Path folder) throws IOException {
    Path photos = Files.createDirectories(folder.resolve("photos"));
    for (int i = 0; i < 10; i++) {
      byte[] few = new byte[48];
      new Random(i).nextBytes(few);
      Picture.of(4, 4, 3, few)
          .resize(300 + i, 280, Resampling.BICUBIC)
          .writePng(photos.resolve(i + ".png"));
    }
    Path net = folder.resolve("wave.onnx");
    Path features = folder.resolve("features.onnx");
    assertEquals(0, fovea("new", "resnet8", "-o", features).status());
    String loss =
        "perceptual(net=%s,at=layer1.0.relu) + 5*style(net=%1$s,picture=%s,at=relu)"
            .formatted(features, photos.resolve("1.png"));
    Object[] line = {
      "train",
      "style_transfer",
      "--width",
      0.125,
      "--data",
      photos,
      "--hold-out",
      0.2,
      "--epochs",
      1,
      "--batch",
      4,
      "--resized-crop",
      0.5,
      "--loss",
      loss,
      "--report",
      folder.resolve("report.html"),
      "-o",
      net
    };
    CommandRun train = fovea(line);
    assertEquals(0, train.status(), train.err());
    assertTrue(train.err().contains("8 pictures to train on, 2 held out"), train.err());
    assertTrue(train.err().contains("\"height\":256,\"width\":256"), "in windows: " + train.err());
    String page = Files.readString(folder.resolve("report.html"));
    assertEquals(4, page.split("<img ").length - 1, "held out are two: each, and the answer");
    CommandRun evaluate = fovea("evaluate", net, "--data", photos);
    assertEquals(0, evaluate.status(), evaluate.err());
    assertTrue(evaluate.out().matches("(?s)PSNR \\d.* of 10 pictures.*"), evaluate.out());
    Path painted = folder.resolve("painted");
    CommandRun score = fovea("score", net, photos.resolve("7.png"), "--pictures", painted);
    assertEquals(0, score.status(), score.err());
    assertEquals("307x280 RGB", Picture.read(painted.resolve("7.png")).toString());
    CommandRun again = // a file, whose own range stays
        fovea(
            "train",
            net,
            "--data",
            photos,
            "--epochs",
            1,
            "--size",
            "40x24",
            "-o",
            net,
            "--batch",
            8);
    assertEquals(0, again.status(), again.err());
    assertTrue(again.err().contains("\"height\":40,\"width\":24"), again.err());
    CommandRun sizes = fovea("train", net, "--data", photos, "-o", net);
    assertTrue(sizes.err().contains("the pictures differ in size; give --size"), sizes.err());
    CommandRun classes = fovea("train", "resnet8", "--data", photos, "-o", net);
    assertEquals(2, classes.status(), classes.err());
    assertTrue(
        classes.err().contains("no pictures: expected data of classes, such as a folder"),
        classes.err());
  }

  @Test
  void scoresAModelOfPicturesThatLearnsFromNothingElse(@TempDir Path folder) throws IOException {
    draw(folder, 4, new StringBuilder());
    Path net = folder.resolve("espcn.onnx");
    assertEquals(0, fovea("new", "espcn_x2", "-o", net).status());
    CommandRun train = fovea("train", net, "--data", folder, "-o", folder.resolve("x.onnx"));
    assertEquals(2, train.status(), train.err());
    assertTrue(
        train.err().contains("espcn.onnx makes pictures: expected data of inputs/"), train.err());
    CommandRun unsaid = fovea("score", net, folder.resolve("images"));
    assertEquals(2, unsaid.status(), unsaid.err());
    assertTrue(unsaid.err().contains("does not say how pictures are fed to it"), unsaid.err());
    Path fed = Files.writeString(folder.resolve("fed.json"), GREY);
    Path made = folder.resolve("made");
    Path images = folder.resolve("images");
    CommandRun score = fovea("score", net, images, "--preprocessing", fed, "--pictures", made);
    assertEquals(0, score.status(), score.err());
    assertEquals("64x64 grey", Picture.read(made.resolve("3.png")).toString());
    CommandRun evaluate = fovea("evaluate", net, "--data", folder);
    assertEquals(2, evaluate.status(), evaluate.err());
    assertTrue(evaluate.err().contains("expected a model of segmentation, met"), evaluate.err());
  }

  @Test
  void verifiesOraclesAndExitsWithOneWhereACaseFails(@TempDir Path folder) throws IOException {
    Path oracle = Path.of(System.getProperty("fovea.root", "../.."), "test-data/oracle");
    CommandRun run = fovea("verify", oracle, "--rtol", 1e-5, "--atol", 1e-5, "--json");
    assertEquals(0, run.status(), run.out() + run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals(6, lines.size());
    JsonNode first = new JsonMapper().readTree(lines.get(0));
    assertEquals("onnxruntime", first.get("engine").asText());
    assertTrue(first.get("passed").asBoolean() && first.get("absolute").asDouble() < 1e-5);
    assertTrue(lines.get(1).contains("\"engine\":\"torch\""));
    Files.writeString(folder.resolve("model.onnx"), "no model");
    CommandRun failed = fovea("verify", folder, oracle.resolve("residual"), "--engine", "torch");
    assertEquals(1, failed.status(), failed.out());
    assertTrue(failed.out().startsWith("FAILED torch "), failed.out());
    assertTrue(failed.out().contains("\nok     torch "), failed.out());
  }
}
