package io.fovea.batch;

import io.fovea.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Path;

/** A process that scores a folder in small parts: model, folder, file of the rows. */
final class KilledRun {
  private KilledRun() {}

  public static void main(String[] args) throws IOException {
    try (Classifier classifier = Nets.load(Path.of(args[0]))) {
      score(classifier, Path.of(args[1]), Path.of(args[2]));
    }
  }

  static Report score(Classifier classifier, Path pictures, Path rows) throws IOException {
    BatchScoring.Watcher watcher =
        new BatchScoring.Watcher() {
          @Override
          public void begin(long all, long done) {
            System.out.println(done);
          }

          @Override
          public void at(long done) {}
        };
    return BatchScoring.of(new ClassAnswers(classifier, 3, false))
        .workers(2)
        .batch(3)
        .part(40)
        .watch(watcher)
        .run(Source.of(pictures), rows);
  }
}
