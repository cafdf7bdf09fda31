package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final int STEPS = 20;

  private static double[] factors(Schedule schedule) {
    double[] all = new double[STEPS];
    for (int step = 0; step < STEPS; step++) {
      all[step] = schedule.factor(step, STEPS);
    }
    return all;
  }

  @Test
  void risesInALineAndFallsAlongHalfACosine() {
    double[] met = factors(Schedule.cosine(0.1));
    assertEquals(1 / 3.0, met[0]);
    assertEquals(2 / 3.0, met[1]);
    assertEquals(1, met[2]);
    assertEquals((1 + Math.cos(Math.PI / 2)) / 2, met[11], 1e-15);
    assertEquals((1 + Math.cos(Math.PI * 17 / 18)) / 2, met[19], 1e-15);
  }

  @Test
  void oneCycleHasItsTopAndItsEndWherePyTorchHasThem() {
    double[] met = factors(Schedule.oneCycle());
    assertEquals(0.04, met[0], 1e-15); // OneCycleLR(max_lr=1, total_steps=20)
    assertEquals(0.04 + 0.96 * (1 - Math.cos(Math.PI * 2 / 5)) / 2, met[2], 1e-15);
    assertEquals(1, met[5], 1e-15);
    assertEquals(0.5 + 2e-6, met[12], 1e-15);
    assertEquals(4e-6, met[19], 1e-15);
  }

  @Test
  void dropsAtItsMilestones() {
    Schedule steps = new Schedule(0.1, new Schedule.Steps(List.of(0.5, 0.75), 0.1));
    double[] met = factors(steps);
    assertEquals(1 / 3.0, met[0]);
    assertEquals(1, met[9]);
    assertEquals(0.1, met[10]);
    assertEquals(0.1, met[14]);
    assertEquals(0.01, met[15], 1e-15);
  }

  @Test
  void followsAPowerOrStays() {
    double[] met = factors(new Schedule(0, new Schedule.Polynomial(2, 0.5)));
    assertEquals(1, met[0]);
    assertEquals(0.5 + 0.5 * 0.25, met[10]);
    double[] still = factors(new Schedule(0.1, new Schedule.Constant()));
    assertEquals(2 / 3.0, still[1]);
    assertEquals(1, still[19]);
  }

  @Test
  void staysFiniteWhereThereIsButOneStep() {
    for (Schedule.Curve curve :
        List.of(
            new Schedule.Cosine(0),
            new Schedule.OneCycle(0.04, 0),
            new Schedule.Steps(List.of(0.5), 0.1),
            new Schedule.Polynomial(0.9, 0),
            new Schedule.Constant())) {
      for (double warmup : new double[] {0, 0.3, 0.99}) {
        double met = new Schedule(warmup, curve).factor(0, 1);
        assertEquals(true, met > 0 && met <= 1, curve + " " + warmup + ": " + met);
      }
    }
  }

  @Test
  void refusesWhatIsNoShare() {
    TrainException e = assertThrows(TrainException.class, () -> Schedule.cosine(1));
    assertEquals("warmup: expected a number in [0, 1), met 1.0", e.getMessage());
    e = assertThrows(TrainException.class, () -> new Schedule.Steps(List.of(0.5, 30.0), 0.1));
    assertEquals(
        "milestones: expected a list, each a number in (0, 1), met 0.5, 30.0", e.getMessage());
  }
}
