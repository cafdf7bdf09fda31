package io.fovea.image;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/** Draws the classes of masks: a box of each one's colour beside its name, in columns. */
final class Legend {
  private static final int ROWS = 32;
  private static final int LINE = 26;
  private static final int BOX = 16;
  private static final int GAP = 8;
  private static final int WIDEST = 600; // of a column

  private Legend() {}

  static Picture draw(List<String> labels) {
    try {
      return drawn(labels);
    } catch (RuntimeException | LinkageError | InternalError e) { // as Java does without fonts
      throw new PictureException("legend", "this Java cannot write text: " + e, e);
    }
  }

  private static Picture drawn(List<String> labels) {
    Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
    BufferedImage probe = new BufferedImage(1, 1, BufferedImage.TYPE_3BYTE_BGR);
    FontMetrics metrics = probe.createGraphics().getFontMetrics(font);
    int text = labels.stream().mapToInt(metrics::stringWidth).max().orElse(0);
    int column = Math.min(WIDEST, BOX + 3 * GAP + text);
    int columns = Math.max(1, (labels.size() + ROWS - 1) / ROWS);
    int rows = Math.max(1, Math.min(ROWS, labels.size()));
    BufferedImage image =
        new BufferedImage(columns * column, rows * LINE + GAP, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setFont(font);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    for (int c = 0; c < labels.size(); c++) {
      int x = c / ROWS * column + GAP;
      int y = c % ROWS * LINE + GAP;
      g.setColor(new Color(ClassColors.of(c)));
      g.fillRect(x, y, BOX, BOX);
      g.setColor(Color.BLACK);
      g.drawRect(x, y, BOX, BOX);
      g.drawString(labels.get(c), x + BOX + GAP, y + BOX - 3);
    }
    g.dispose();
    return Rasters.samples(image).picture(null, Alpha.DROPPED);
  }
}
