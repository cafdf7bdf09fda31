package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Model;
import io.fovea.onnx.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trainings that are stopped and go on. */
class CheckpointTest {
  private static final Dataset DATA = new Stripes(26, 1);
  private static final Dataset HELD = new Stripes(8, 2);
  private static final Recipe PLAIN =
      Recipe.classification().epochs(2).batch(8).optimizer(Optimizer.sgd(0.05));

  @TempDir Path folder;

  private static Model net(double dropout) {
    Options options = Options.classes(4).withWidth(0.25);
    Model net = Architectures.named("resnet8").model(options);
    return dropout == 0 ? net : Surgery.withDropout(net, dropout);
  }

  private static Trainer trainer(Model net, Recipe recipe) {
    return Trainer.of(net).recipe(recipe).preprocessing(Stripes.FED);
  }

  /** What ends a training in the middle, after what a killed process would have left. */
  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Stops at a batch, counted over all epochs of this process; hears where training begins. */
  private static final class Stopping implements Trainer.Listener {
    private final int at;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private long begun = -1;
    private int batches;

    Stopping(int at) {
      this.at = at;
    }

    @Override
    public void begin(boolean goesOn, long done) {
      begun = done;
    }

    @Override
    public void step(TrainingStep step) {
      if (++batches == at) {
        throw new Stop();
      }
    }

    @Override
    public void note(String message) {
      notes.add(message);
    }

    @Override
    public void warn(String message) {
      warnings.add(message);
    }
  }

  private Checkpoints every(int steps) {
    return Checkpoints.in(folder.resolve("net.safetensors")).every(steps);
  }

  /** Trains, stopped after so many batches again and again. */
  private Trained inPieces(Trainer trainer, Dataset data, Dataset held, int batches) {
    Checkpoints how = every(1).resume(Checkpoints.Resume.SAME);
    for (int piece = 0; piece < 50; piece++) {
      try {
        return trainer.checkpoints(how).listener(new Stopping(batches)).fit(data, held);
      } catch (Stop e) {
        // and on
      }
    }
    throw new AssertionError("does not end");
  }

  private void assertEndsAlike(Model net, Recipe recipe, int batches) {
    assertEndsAlike(trainer(net, recipe), DATA, HELD, batches);
  }

  private Trained assertEndsAlike(Trainer trainer, Dataset data, Dataset held, int batches) {
    Trained whole = trainer.fit(data, held);
    Trained pieces = inPieces(trainer, data, held, batches);
    assertArrayEquals(whole.model().toBytes(), pieces.model().toBytes());
    assertEquals(whole.history().size(), pieces.history().size());
    for (int i = 0; i < whole.history().size(); i++) {
      Trainer.Epoch one = whole.history().get(i);
      Trainer.Epoch other = pieces.history().get(i);
      assertEquals(one.loss(), other.loss());
      assertEquals(one.heldOut().headline(), other.heldOut().headline());
    }
    Model critic = whole.critic();
    Model other = pieces.critic();
    assertArrayEquals(
        critic == null ? null : critic.toBytes(), other == null ? null : other.toBytes());
    return pieces;
  }

  @Test
  void endsBitwiseEqualWithMomentumAndDropout() {
    assertEndsAlike(net(0.3), PLAIN, 3);
  }

  @Test
  void endsBitwiseEqualWithAveragesMomentsAccumulationAndPatience() {
    Recipe recipe =
        PLAIN
            .epochs(3)
            .batch(4)
            .accumulate(2)
            .optimizer(Optimizer.adamW(0.01))
            .schedule(Schedule.oneCycle())
            .average(0.9)
            .patience(1)
            .clipNorm(1)
            .labelSmoothing(0.1)
            .classWeights(ClassWeights.balanced())
            .balancedSampling(true);
    assertEndsAlike(net(0), recipe, 4);
  }

  @Test
  void endsBitwiseEqualWhilePicturesGrow() {
    assertEndsAlike(net(0), PLAIN.epochs(3).initialScale(0.5), 3);
  }

  @Test
  void endsBitwiseEqualInBfloat16() {
    assertEndsAlike(net(0), PLAIN.precision(Precision.BFLOAT16), 3);
  }

  @Test
  void keepsToThePrecisionThatWasMeasuredAtFirst() {
    Trainer auto = trainer(net(0), PLAIN.precision(Precision.AUTO));
    Stopping first = new Stopping(3);
    assertThrows(Stop.class, () -> auto.checkpoints(every(1)).listener(first).fit(DATA, HELD));
    Stopping second = new Stopping(100);
    Trained ended =
        auto.checkpoints(every(1).resume(Checkpoints.Resume.SAME)).listener(second).fit(DATA, HELD);
    assertEquals(1, first.notes.size(), first.notes.toString());
    assertEquals(List.of(), second.notes);
    boolean isFloat = first.notes.get(0).startsWith("precision: float;");
    Precision chosen = isFloat ? Precision.FLOAT : Precision.BFLOAT16;
    Trained whole = trainer(net(0), PLAIN.precision(chosen)).fit(DATA, HELD);
    whole
        .model()
        .graph()
        .initializers()
        .forEach(
            (name, t) ->
                assertEquals(
                    t.bytes(), ended.model().graph().initializers().get(name).bytes(), name));
    String provenance = ended.model().metadata().get("fovea.provenance");
    assertTrue(provenance.contains("\"precision\":\"" + chosen.word() + "\""), provenance);
  }

  @Test
  void endsBitwiseEqualWithAWhitenedLayer() {
    Model net = Architectures.named("airbench94").model(Options.classes(4).withWidth(0.25));
    assertEndsAlike(net, PLAIN.epochs(1).whiten(true).optimizer(Optimizer.rmsProp(0.001)), 2);
  }

  @Test
  void endsBitwiseEqualWithKernelsThatKeepTheirNorm() {
    Model net = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.25));
    assertEndsAlike(net, PLAIN.epochs(2).optimizer(Optimizer.muon(0.02)), 3);
  }

  @Test
  void endsBitwiseEqualWithACriticAndPicturesOfNoise() {
    Loss loss = Loss.of(new Loss.Hinge(Shades.criticIn(folder, true), 2));
    Recipe recipe = Recipe.generation().epochs(2).batch(8).average(0.9).loss(loss);
    Trainer trainer = Trainer.of(Shades.generator()).recipe(recipe).preprocessing(Shades.FED);
    Trained ended = assertEndsAlike(trainer, new Shades(26, 1), new Shades(8, 2), 3);
    assertNotNull(ended.critic());
    Safetensors file = Safetensors.read(folder.resolve("net.safetensors"));
    assertTrue(
        file.tensors()
            .keySet()
            .containsAll(
                List.of(
                    "critic.net.first.weight",
                    "critic.net.norm.mean",
                    "critic.optimizer.1.first.weight")),
        file.tensors().keySet().toString());
    Shades.critic(2, 1, true).write(folder.resolve("critic.onnx"));
    Trainer other = trainer.checkpoints(every(1).resume(Checkpoints.Resume.SAME));
    String message =
        assertThrows(TrainException.class, () -> other.fit(new Shades(26, 1), new Shades(8, 2)))
            .getMessage();
    assertTrue(
        String.valueOf(message)
            .contains("of another critic: it does not fit 1 of 10 tensors, first 'first.weight'"),
        message);
  }

  @Test
  void holdsWeightsAndMomentsAsAnyToolReadsThem() {
    trainer(net(0), PLAIN.average(0.9)).checkpoints(every(100)).fit(DATA, HELD);
    Safetensors file = Safetensors.read(folder.resolve("net.safetensors"));
    Map<String, Integer> kinds = new TreeMap<>();
    file.tensors().keySet().forEach(n -> kinds.merge(n.replaceAll("\\..*", ""), 1, Integer::sum));
    assertEquals(kinds.get("net"), kinds.get("average"));
    assertEquals(kinds.get("net"), kinds.get("kept"));
    assertTrue(kinds.get("optimizer") < kinds.get("net"), "statistics have no moments");
    assertTrue(file.tensors().containsKey("optimizer.0.conv1.weight"), kinds.toString());
    assertEquals(26, file.tensors().get("data.training").size());
    assertTrue(file.metadata().get("training").contains("\"lr\":\"0.05\""));
  }

  private String refused(Trainer trainer, Dataset data, Checkpoints.Resume resume) {
    Trainer again = trainer.checkpoints(every(1).resume(resume));
    return assertThrows(TrainException.class, () -> again.fit(data, HELD)).getMessage();
  }

  @Test
  void refusesWhatDiffersByNameUnlessTold() {
    Trainer begun = trainer(net(0), PLAIN).checkpoints(every(1)).listener(new Stopping(6));
    assertThrows(Stop.class, () -> begun.fit(DATA, HELD));
    Trainer same = trainer(net(0), PLAIN);
    assertTrue(refused(same, DATA, Checkpoints.Resume.NEVER).contains("is there already"));

    Recipe other = PLAIN.epochs(3).optimizer(Optimizer.adamW(0.01));
    String recipe = refused(trainer(net(0), other), DATA, Checkpoints.Resume.SAME);
    assertTrue(recipe.contains("epochs: 2 then, 3 now"), recipe);
    assertTrue(recipe.contains("lr: 0.05 then, 0.01 now"), recipe);
    assertTrue(recipe.contains("optimizer: sgd then, adamw now"), recipe);
    assertFalse(recipe.contains("batch"), recipe);

    String more = refused(same, new Stripes(30, 1), Checkpoints.Resume.SAME);
    assertTrue(more.contains("26 training pictures then, 30 now"), more);
    String changed = refused(same, new Stamped(26, 7), Checkpoints.Resume.SAME);
    assertTrue(
        changed.contains(
            "1 of 26 training pictures differ in name, size or target, first picture 7"),
        changed);
    Model drawn =
        Architectures.named("resnet8").model(Options.classes(4).withSeed(9).withWidth(0.25));
    String weights = refused(trainer(drawn, PLAIN), DATA, Checkpoints.Resume.SAME);
    assertTrue(weights.contains("the net's nodes and first weights are others"), weights);
    Model wide = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.5));
    String net = refused(trainer(wide, PLAIN), DATA, Checkpoints.Resume.ANYWAY);
    assertTrue(net.contains("another net"), net);

    Stopping heard = new Stopping(-1);
    Trained on =
        trainer(net(0), other)
            .checkpoints(every(1).resume(Checkpoints.Resume.ANYWAY))
            .listener(heard)
            .fit(new Stripes(30, 1), HELD);
    assertEquals(4, heard.begun, "from the start of the second epoch");
    assertEquals(3, on.history().size());
  }

  /** Stripes of which one has another file. */
  private record Stamped(int size, int other) implements Dataset {
    @Override
    public List<String> labels() {
      return DATA.labels();
    }

    @Override
    public io.fovea.image.Picture picture(int index) {
      return DATA.picture(index);
    }

    @Override
    public Target target(int index) {
      return DATA.target(index);
    }

    @Override
    public long stamp(int index) {
      return index == other ? 1 : 0;
    }
  }

  @Test
  void oneTrainingAtATimeHasAFile() {
    Trainer second = trainer(net(0), PLAIN).checkpoints(every(1).resume(Checkpoints.Resume.SAME));
    String[] message = {""};
    Trainer.Listener meanwhile =
        new Trainer.Listener() {
          @Override
          public void step(TrainingStep step) {
            TrainException e = assertThrows(TrainException.class, () -> second.fit(DATA, HELD));
            message[0] = String.valueOf(e.getMessage());
            throw new Stop();
          }
        };
    Trainer first = trainer(net(0), PLAIN).checkpoints(every(1)).listener(meanwhile);
    assertThrows(Stop.class, () -> first.fit(DATA, HELD));
    assertTrue(message[0].contains("another training keeps its checkpoints there"), message[0]);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.01, 0.5, 0.999})
  void saysThatAFileIsCutShort(double share) throws IOException {
    Path file = folder.resolve("net.safetensors");
    trainer(net(0), PLAIN.epochs(1)).checkpoints(every(100)).fit(DATA, HELD);
    byte[] all = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(all, (int) (share * all.length)));
    String message = refused(trainer(net(0), PLAIN), DATA, Checkpoints.Resume.SAME);
    assertTrue(message.startsWith(file + ": "), message);
  }

  @Test
  void aFullDiskLeavesTheCheckpointBeforeAndTheTrainingGoesOn() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        isRun("mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk.toString()), "no root");
    try {
      Path file = disk.resolve("net.safetensors");
      Checkpoints how = Checkpoints.in(file).every(1);
      Trainer begun = trainer(net(0), PLAIN).checkpoints(how).listener(new Stopping(3));
      assertThrows(Stop.class, () -> begun.fit(DATA, HELD));
      byte[] before = Files.readAllBytes(file);
      Path other = disk.resolve("other");
      Files.write(other, new byte[(int) (disk.toFile().getUsableSpace() - 8192)]);
      Stopping heard = new Stopping(-1);
      Trained trained =
          trainer(net(0), PLAIN)
              .checkpoints(how.resume(Checkpoints.Resume.SAME))
              .listener(heard)
              .fit(DATA, HELD);
      assertEquals(2, heard.begun);
      assertTrue(heard.warnings.get(0).contains("No space left on device"), heard.warnings.get(0));
      assertTrue(heard.warnings.get(0).startsWith(file.toString()), heard.warnings.get(0));
      assertArrayEquals(before, Files.readAllBytes(file));
      Trained whole = trainer(net(0), PLAIN).fit(DATA, HELD);
      assertArrayEquals(whole.model().toBytes(), trained.model().toBytes());
      try (var left = Files.list(disk)) {
        assertEquals(List.of(file, other), left.sorted().toList());
      }
    } finally {
      assertTrue(isRun("umount", disk.toString()));
    }
  }

  private static boolean isRun(String... line) throws IOException, InterruptedException {
    try {
      return new ProcessBuilder(line).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // no such command
    }
  }
}
