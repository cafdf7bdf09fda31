package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierTest {
  private static final Path NET =
      Path.of(System.getProperty("fovea.root", "../.."), "test-data/oracle/residual/model.onnx");
  private static final Preprocessing FED =
      Preprocessing.of(
          new Step.Resize(16, 16, Resampling.BILINEAR),
          new Step.Normalize(255, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)));

  static Picture noise(int width, int height, long seed) {
    byte[] pixels = new byte[width * height * 3];
    new Random(seed).nextBytes(pixels);
    return Picture.of(width, height, 3, pixels);
  }

  @Test
  void scoresPicturesOfAnySizeAlikeAloneAndInABatch() {
    try (Classifier c = Classifier.load(NET, Device.cpu(), FED)) {
      List<Picture> pictures = List.of(noise(16, 16, 1), noise(300, 7, 2), noise(1, 1, 3));
      List<Scores> together = c.score(pictures);
      for (int i = 0; i < pictures.size(); i++) {
        assertArrayEquals(
            c.score(pictures.get(i)).probabilities(), together.get(i).probabilities(), 1e-5f);
      }
      double sum = 0;
      for (float p : together.get(0).probabilities()) {
        sum += p;
      }
      assertEquals(1, sum, 1e-5);
      List<Scores.Score> top = together.get(0).top(3);
      assertTrue(top.get(0).probability() >= top.get(1).probability());
      assertEquals(top.get(0), together.get(0).best());
    }
  }

  @Test
  void givesEveryThreadItsOwnPicturesScores() throws Exception {
    try (Classifier c = Classifier.load(NET, Device.cpu(), FED)) {
      List<Picture> pictures = new ArrayList<>();
      List<Scores> wanted = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        pictures.add(noise(16, 16, i));
        wanted.add(c.score(pictures.get(i)));
      }
      ExecutorService threads = Executors.newFixedThreadPool(8);
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int start = t;
        done.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    int k = (start + i) % 16;
                    assertEquals(wanted.get(k), c.score(pictures.get(k)));
                  }
                }));
      }
      for (Future<?> f : done) {
        f.get();
      }
      threads.shutdown();
    }
  }

  @Test
  void closingWaitsForRunsUnderWayAndRefusesLaterOnes() throws Exception {
    Classifier c = Classifier.load(NET, Device.cpu(), FED);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> running = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      running.add(
          threads.submit(
              () -> {
                try {
                  while (true) {
                    c.score(noise(64, 64, 1));
                  }
                } catch (ScoringException e) {
                  assertTrue(e.getMessage().endsWith("the model is closed"), e.getMessage());
                }
              }));
    }
    TimeUnit.MILLISECONDS.sleep(200);
    c.close();
    c.close();
    for (Future<?> f : running) {
      f.get(10, TimeUnit.SECONDS);
    }
    threads.shutdown();
  }

  @Test
  void failsOnCudaNamingWhatIsMissing() {
    assumeTrue(
        !OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA),
        "skipped: this ONNX Runtime has CUDA");
    ScoringException e =
        assertThrows(ScoringException.class, () -> Classifier.load(NET, Device.cuda(0), FED));
    assertTrue(e.getMessage().contains("cannot run on cuda:0"), e.getMessage());
    assertTrue(e.getMessage().contains("onnxruntime_gpu"), e.getMessage());
    for (String library : NativeLibraries.missing(ProviderKind.CUDA)) {
      assertTrue(e.getMessage().contains(library), e.getMessage());
    }
  }

  @Test
  void autoSaysWhatItChoseAndWhy() {
    try (Classifier c = Classifier.load(NET, Device.auto(), FED)) {
      boolean cuda = !c.model().device().equals(Device.cpu());
      assertTrue(cuda || c.model().deviceReason().startsWith("no cuda:0: "));
    }
  }

  @Test
  void asksForAPreprocessingThatAForeignFileDoesNotHave() {
    ScoringException e =
        assertThrows(ScoringException.class, () -> Classifier.load(NET, Device.cpu()));
    assertTrue(e.getMessage().contains("does not say how pictures are fed"), e.getMessage());
  }

  @Test
  void namesFilesThatAreNoModels(@TempDir Path folder) throws Exception {
    Path none = folder.resolve("none.onnx");
    assertEquals(
        none + ": no such file",
        assertThrows(ScoringException.class, () -> ImageModel.load(none, Device.cpu()))
            .getMessage());
    Path garbage = Files.writeString(folder.resolve("garbage.onnx"), "no model");
    assertTrue(
        assertThrows(ScoringException.class, () -> ImageModel.load(garbage, Device.cpu()))
            .getMessage()
            .startsWith(garbage + ": "));
  }

  @Test
  void namesTheShapeThatDoesNotFit() {
    try (ImageModel m = ImageModel.load(NET, Device.cpu())) {
      FloatBuffer pixels = FloatBuffer.allocate(1 * 1 * 16 * 16);
      ScoringException e =
          assertThrows(ScoringException.class, () -> m.run(pixels, new long[] {1, 1, 16, 16}));
      assertTrue(
          e.getMessage().contains("expected [any, 3, 16, 16], met [1, 1, 16, 16]"), e.getMessage());
    }
  }

  @Test
  void writesAndReadsASpecification() {
    Specification s =
        Specification.none()
            .withTask(new Task(Task.Kind.CLASSIFICATION, Task.Output.LOGITS))
            .withPreprocessing(FED)
            .withLabels(List.of("cat", "dog"))
            .withProvenance("seed", 3);
    assertEquals(s, Specification.of("m", s.toMetadata()));
    ScoringException e =
        assertThrows(
            ScoringException.class,
            () -> Specification.of("m", java.util.Map.of(Specification.LABELS, "{")));
    assertTrue(e.getMessage().startsWith("m: metadata 'fovea.labels'"), e.getMessage());
  }
}
