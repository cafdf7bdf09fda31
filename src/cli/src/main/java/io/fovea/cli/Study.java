package io.fovea.cli;

import java.util.List;

/**
 * A claim of the literature as an experiment that anyone can run on a CPU in minutes: it trains
 * small nets, measures them, and compares the numbers with bounds that stand before the run.
 */
interface Study {
  /** What the command calls it. */
  String name();

  /** What the literature says, in a sentence. */
  String claim();

  /** First authors, years and where to read it. */
  String paper();

  /** What is trained and measured here, and what is left out. */
  String setup();

  /** Does it; takes minutes, or seconds where the lab is quick. */
  Findings run(Lab lab);

  /** All studies. */
  static List<Study> all() {
    return List.of(
        new GradientStudy(),
        new NormalizationStudy(),
        new LocalityStudy(),
        new EquivarianceStudy(),
        new SkipStudy(),
        new SizeStudy(),
        new RobustnessStudy(),
        new PriorStudy(),
        new PerceptionStudy());
  }

  /**
   * The study of a name.
   *
   * @throws Fovea.UserException naming all where there is none
   */
  static Study named(String name) {
    return all().stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new Fovea.UserException(
                    "no study '%s'; there are %s"
                        .formatted(name, all().stream().map(Study::name).toList())));
  }
}
