package io.fovea.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class EpochLinesTest {
  @Test
  void tellsLossFigureSpeedAndTheTimeLeft() {
    assertEquals(
        "loss 0.512, 81.2 % right, 310 pictures/s, 1:02:05 left",
        EpochLines.note(0.5123, "81.2 % right", 310.4, 3725));
    assertEquals("loss 2.303, 9 pictures/s, 0:07 left", EpochLines.note(2.303, "", 9.1, 6.6));
  }
}
