package io.fovea.image;

import static io.fovea.image.Resampling.BILINEAR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Mapping.Line;
import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Color;
import io.fovea.image.Step.Letterbox;
import io.fovea.image.Step.PadToMultiple;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Masks after preprocessing, and where their pixels came from. */
class MappingTest {
  private static final List<Preprocessing> ALL =
      List.of(
          Preprocessing.named("raw"),
          Preprocessing.named("imagenet"),
          Preprocessing.of(new Color(Channels.GREY), new Resize(40, 60, BILINEAR)),
          Preprocessing.of(new ResizeShorter(50, BILINEAR), new CenterCrop(41, 48)),
          Preprocessing.of(new Letterbox(48, 64, 114, BILINEAR)),
          Preprocessing.of(new PadToMultiple(32, 0)),
          Preprocessing.of(new CenterCrop(30, 50), new PadToMultiple(32, 0)),
          Preprocessing.of(new Letterbox(90, 90, 0, BILINEAR), new Resize(180, 120, BILINEAR)));
  private static final int[][] SIZES = {{1, 1}, {37, 250}, {250, 37}, {64, 64}, {2, 254}};

  /** Each pixel of the mask is its own column or row. */
  private static Mask numbered(int width, int height, boolean columns) {
    byte[] classes = new byte[width * height];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = (byte) (columns ? i % width : i / width);
    }
    return Mask.of(width, height, classes);
  }

  @Test
  void masksHaveTheSizeOfTheirPictures() {
    for (Preprocessing p : ALL) {
      for (int[] size : SIZES) {
        int[] shape = p.shape(size[0], size[1]);
        Mask made = p.mask(numbered(size[0], size[1], true));
        assertEquals(shape[2] + "x" + shape[1] + " mask", made.toString(), p.toJson());
      }
    }
  }

  @Test
  void mappingSaysWhereEveryPixelOfAMaskCameFrom() {
    for (Preprocessing p : ALL) {
      for (int[] size : SIZES) {
        Mapping mapping = p.mapping(size[0], size[1]);
        for (boolean columns : new boolean[] {true, false}) {
          Mask made = p.mask(numbered(size[0], size[1], columns));
          Line line = columns ? mapping.x() : mapping.y();
          int n = columns ? made.width() : made.height();
          Line across = columns ? mapping.y() : mapping.x();
          int middle = (int) ((across.from() + across.to()) / 2);
          for (int i = 0; i < n; i++) {
            int own = columns ? made.at(i, middle) : made.at(middle, i);
            String what = p.toJson() + " of " + size[0] + "x" + size[1] + " at " + i;
            boolean shows = i + 0.5 >= line.from() && i + 0.5 < line.to();
            assertEquals(shows, own != Mask.IGNORED, what);
            if (shows) {
              // Two resizes in a row round twice.
              double within =
                  p.steps().size() == 2 && p.steps().get(0) instanceof Letterbox ? 2 : 1;
              double most = within * (Math.max(1, line.scale()) / 2 + 1e-6);
              assertEquals(i, line.position(own), most, what);
            }
          }
        }
      }
    }
  }

  @Test
  void resizeScalesAboutPixelCentres() {
    Line x = Preprocessing.of(new Resize(10, 20, BILINEAR)).mapping(40, 10).x();
    assertEquals(new Line(0.5, 0, 0, 20), x);
    assertEquals(-0.25, x.position(0));
    assertEquals(19.25, x.position(39));
  }

  @Test
  void cropsCutPixelsAway() {
    Preprocessing p = Preprocessing.of(new ResizeShorter(4, BILINEAR), new CenterCrop(4, 4));
    Mapping mapping = p.mapping(16, 8);
    assertEquals(new Line(0.5, -2, 0, 4), mapping.x());
    assertEquals(new Line(0.5, 0, 0, 4), mapping.y());
    assertFalse(mapping.x().isSeen(3));
    assertTrue(mapping.x().isSeen(4));
    assertTrue(mapping.x().isSeen(11));
    assertFalse(mapping.x().isSeen(12));
  }

  /** What is cut away stays so, though a later frame lies where it would be. */
  @Test
  void framesShowNothingOfThePicture() {
    assertEquals(new Line(0.5, 0, 0, 10), Preprocessing.of(letterbox()).mapping(20, 6).x());
    assertEquals(new Line(0.5, 3, 3, 6), Preprocessing.of(letterbox()).mapping(20, 6).y());
    Preprocessing two = Preprocessing.of(new CenterCrop(6, 6), new PadToMultiple(8, 0));
    Line x = two.mapping(10, 10).x();
    assertEquals(new Line(1, -2, 0, 6), x);
    assertTrue(x.isSeen(7));
    assertFalse(x.isSeen(8));
  }

  private static Letterbox letterbox() {
    return new Letterbox(10, 10, 114, BILINEAR);
  }
}
