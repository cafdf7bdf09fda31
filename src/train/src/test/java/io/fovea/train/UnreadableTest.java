package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.onnx.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no pictures among those that are trained on. */
class UnreadableTest {
  private static final Recipe RECIPE =
      Recipe.classification().epochs(2).batch(4).optimizer(Optimizer.sgd(0.05));

  @TempDir Path folder;
  private final List<String> told = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void draw() throws IOException {
    Stripes stripes = new Stripes(24, 1);
    for (int i = 0; i < 24; i++) {
      String label = stripes.labels().get(i % 4);
      for (String part : List.of("train", "test")) {
        Path file = folder.resolve(part).resolve(label).resolve(i + ".png");
        Files.createDirectories(file.getParent());
        stripes.picture(i).writePng(file);
      }
    }
    cut("train/down/1.png");
    cut("train/across/20.png");
    cut("test/rising/2.png");
  }

  private void cut(String name) throws IOException {
    Path file = folder.resolve(name);
    byte[] all = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(all, 60));
  }

  private List<Dataset> parts(Unreadable unreadable) {
    DataFolder data = DataFolder.of(folder);
    return List.of(unreadable.without(data.training()), unreadable.without(data.measured()));
  }

  private static Trainer trainer() {
    Model net = Architectures.named("resnet8").model(Options.classes(4).withWidth(0.25));
    return Trainer.of(net).recipe(RECIPE).preprocessing(Stripes.FED);
  }

  @Test
  void areNamedAndCountedAndLeftOut() {
    Unreadable unreadable = new Unreadable(3, told::add);
    List<Dataset> parts = parts(unreadable);
    Trained trained = trainer().fit(parts.get(0), parts.get(1));
    assertEquals(3, unreadable.count());
    assertEquals(3, told.size(), told.toString());
    for (String name : List.of("down/1.png", "across/20.png", "rising/2.png")) {
      assertEquals(1, told.stream().filter(t -> t.contains(name)).count(), told.toString());
    }
    Evaluation.Classes e = (Evaluation.Classes) trained.kept().heldOut();
    assertEquals(23, e.confusion().count(), "one of 24 held out");
    String provenance = trained.model().metadata().get("fovea.provenance");
    assertTrue(provenance.contains("\"unreadable\":3"), provenance);
  }

  @Test
  void areTheSameInATrainingThatGoesOn() {
    List<Dataset> whole = parts(new Unreadable(3, told::add));
    Model wanted = trainer().fit(whole.get(0), whole.get(1)).model();
    Checkpoints how = Checkpoints.in(folder.resolve("net.safetensors")).every(1);
    Trainer.Listener stop =
        new Trainer.Listener() {
          @Override
          public void step(TrainingStep step) {
            if (step.epoch() == 2 && step.number() == 3) {
              throw new IllegalStateException("stop");
            }
          }
        };
    List<Dataset> first = parts(new Unreadable(3, told::add));
    assertThrows(
        IllegalStateException.class,
        () -> trainer().checkpoints(how).listener(stop).fit(first.get(0), first.get(1)));
    Unreadable unreadable = new Unreadable(3, told::add);
    List<Dataset> then = parts(unreadable);
    told.clear();
    Model met =
        trainer()
            .checkpoints(how.resume(Checkpoints.Resume.SAME))
            .fit(then.get(0), then.get(1))
            .model();
    assertArrayEquals(wanted.toBytes(), met.toBytes());
    assertEquals(3, unreadable.count());
    assertTrue(told.stream().allMatch(t -> t.endsWith("left out as before")), told.toString());
  }

  @Test
  void endTheTrainingWhereTheyAreMoreThanAllowed() {
    List<Dataset> parts = parts(new Unreadable(1, told::add));
    TrainException e =
        assertThrows(TrainException.class, () -> trainer().fit(parts.get(0), parts.get(1)));
    assertTrue(
        e.getMessage().contains("2 pictures cannot be read, more than the 1 that may be left out"),
        e.getMessage());
    DataFolder data = DataFolder.of(folder);
    TrainException none =
        assertThrows(TrainException.class, () -> trainer().fit(data.training(), data.measured()));
    assertTrue(none.getMessage().contains(".png"), none.getMessage());
  }

  @Test
  void theNextOfTheDataStandsInWithItsOwnTarget() {
    Dataset data = parts(new Unreadable(3, told::add)).get(0);
    int at = 0;
    while (!data.name(at).endsWith("across" + java.io.File.separator + "20.png")) {
      at++;
    }
    Picture met = data.picture(at);
    int next = at + 1;
    assertArrayEquals(data.picture(next).pixels(), met.pixels());
    data.picture(at);
    assertEquals(
        ((Target.Label) data.target(next)).index(), ((Target.Label) data.target(at)).index());
    assertTrue(data.isLeftOut(at));
  }
}
