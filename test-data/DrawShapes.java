import static java.awt.image.BufferedImage.TYPE_BYTE_GRAY;
import static java.awt.image.BufferedImage.TYPE_BYTE_INDEXED;
import static java.awt.image.BufferedImage.TYPE_INT_ARGB;
import static java.awt.image.BufferedImage.TYPE_INT_RGB;
import static java.awt.image.BufferedImage.TYPE_USHORT_GRAY;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Draws the pictures that the demo learns from and scores: {@code shapes}, ten classes to train on
 * and to hold out, and {@code sizes}, single pictures of many sizes and formats. The same every
 * time: {@code java test-data/DrawShapes.java test-data}.
 */
final class DrawShapes {
  private static final int TRAIN = 100;
  private static final int TEST = 25;

  /** One picture each, named {@code <class>-[<what>-]<width>x<height>.<format>}. */
  private static final String SIZES =
      "arrow-alpha-80x80.png circle-20x31.png crescent-90x70.tiff cross-16bit-64x64.png"
          + " heart-1600x900.jpg heart-exif6-120x240.jpg hexagon-70x50.gif ring-grey-200x300.jpg"
          + " square-palette-97x60.png star-55x40.ppm star-640x480.jpg triangle-61x47.bmp";

  private static final Map<String, Shape> SHAPES = shapes();

  private final Random random = new Random(42);

  public static void main(String[] args) throws IOException {
    System.setProperty("java.awt.headless", "true");
    Path root = Path.of(args[0]);
    DrawShapes draw = new DrawShapes();
    draw.part(root.resolve("shapes/train"), TRAIN, false);
    draw.part(root.resolve("shapes/test"), TEST, true);
    draw.sizes(root.resolve("sizes"));
  }

  private void part(Path folder, int count, boolean allFormats) throws IOException {
    for (String name : SHAPES.keySet()) {
      Path files = Files.createDirectories(folder.resolve(name));
      for (int i = 0; i < count; i++) {
        int draw = random.nextInt(100);
        String rare = !allFormats ? "png" : draw < 94 ? "gif" : "bmp";
        String format = draw < 72 ? "jpg" : draw < 86 ? "png" : rare;
        int type = draw % 9 == 0 ? TYPE_BYTE_GRAY : TYPE_INT_RGB;
        if (format.equals("gif") || format.equals("png") && draw % 3 == 1) {
          type = TYPE_BYTE_INDEXED;
        }
        double longest = format.equals("jpg") ? 160 : 64;
        int side = (int) (28 + (longest - 27) * Math.pow(random.nextDouble(), 1.5));
        int other = Math.max(28, (int) (side * between(0.5, 1)));
        int width = random.nextBoolean() ? side : other;
        double turn = Math.toRadians(between(-25, 25));
        BufferedImage picture = picture(name, width, side + other - width, type, turn, false);
        String file = String.format(Locale.ROOT, "%03d.%s", i, format);
        Files.write(files.resolve(file), encoded(picture, format));
      }
    }
  }

  private void sizes(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String file : SIZES.split(" ")) {
      String[] part = file.split("-|(?<=\\d)x|\\.");
      int width = Integer.parseInt(part[part.length - 3]);
      int height = Integer.parseInt(part[part.length - 2]);
      String format = part[part.length - 1];
      int type =
          switch (part.length == 5 ? part[1] : format) {
            case "grey" -> TYPE_BYTE_GRAY;
            case "16bit" -> TYPE_USHORT_GRAY;
            case "palette", "gif" -> TYPE_BYTE_INDEXED;
            case "alpha" -> TYPE_INT_ARGB;
            default -> TYPE_INT_RGB;
          };
      if (part[1].equals("exif6")) {
        byte[] jpeg = encoded(picture(part[0], height, width, type, -Math.PI / 2, true), format);
        Files.write(folder.resolve(file), withOrientation6(jpeg));
        Files.write(folder.resolve("broken.jpg"), Arrays.copyOf(jpeg, 200));
      } else {
        BufferedImage picture = picture(part[0], width, height, type, 0, true);
        Files.write(folder.resolve(file), encoded(picture, format));
      }
    }
  }

  /** The outlines, around the origin and within a radius of 1. */
  private static Map<String, Shape> shapes() {
    Path2D heart = new Path2D.Double();
    heart.moveTo(0, 0.9);
    heart.curveTo(-1.7, -0.3, -0.6, -1.3, 0, -0.45);
    heart.curveTo(0.6, -1.3, 1.7, -0.3, 0, 0.9);
    Area crescent = disc(0, 0, 0.95);
    crescent.subtract(disc(0.45, 0, 0.75));
    Area ring = disc(0, 0, 0.95);
    ring.subtract(disc(0, 0, 0.55));
    Area cross = new Area(new Rectangle2D.Double(-0.9, -0.3, 1.8, 0.6));
    cross.add(new Area(new Rectangle2D.Double(-0.3, -0.9, 0.6, 1.8)));
    double[] arrow = {0, -1, 0.7, -0.2, 0.25, -0.2, 0.25, 0.9, -0.25, 0.9, -0.25, -0.2, -0.7, -0.2};
    return new TreeMap<>(
        Map.of(
            "arrow",
            polygon(arrow),
            "circle",
            disc(0, 0, 0.9),
            "crescent",
            crescent,
            "cross",
            cross,
            "heart",
            heart,
            "hexagon",
            regular(6, 1),
            "ring",
            ring,
            "square",
            new Rectangle2D.Double(-0.7, -0.7, 1.4, 1.4),
            "star",
            regular(10, 0.42),
            "triangle",
            regular(3, 1)));
  }

  /** A polygon with equal angles, every second corner at {@code inner} of the radius. */
  private static Shape regular(int corners, double inner) {
    double[] points = new double[2 * corners];
    for (int i = 0; i < corners; i++) {
      double radius = i % 2 == 0 ? 1 : inner;
      points[2 * i] = radius * Math.sin(2 * Math.PI * i / corners);
      points[2 * i + 1] = -radius * Math.cos(2 * Math.PI * i / corners);
    }
    return polygon(points);
  }

  private static Shape polygon(double... points) {
    Path2D path = new Path2D.Double();
    path.moveTo(points[0], points[1]);
    for (int i = 2; i < points.length; i += 2) {
      path.lineTo(points[i], points[i + 1]);
    }
    path.closePath();
    return path;
  }

  private static Area disc(double x, double y, double radius) {
    return new Area(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
  }

  /** One shape, turned; a calm picture has it large and filled on a plain background. */
  private BufferedImage picture(String name, int w, int h, int type, double turn, boolean calm) {
    BufferedImage picture = new BufferedImage(w, h, TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    boolean grey = type == TYPE_BYTE_GRAY || type == TYPE_USHORT_GRAY;
    Color back = color(grey, 0.05, 0.45);
    Color front = color(grey, calm ? 0.9 : 0.7, 1);
    background(g, w, h, back, calm ? 0 : random.nextInt(6));

    double radius = Math.min(w, h) * between(calm ? 0.4 : 0.36, 0.48);
    g.translate(between(radius, w - radius), between(radius, h - radius));
    g.rotate(turn);
    g.scale(radius, radius * between(0.85, 1));
    g.setColor(front);
    boolean round = name.equals("circle") || name.equals("ring");
    if (calm || round || random.nextInt(4) > 0) {
      g.fill(SHAPES.get(name));
    } else {
      g.setStroke(new BasicStroke((float) Math.max(2 / radius, between(0.12, 0.22))));
      g.draw(SHAPES.get(name));
    }
    g.dispose();
    return type == TYPE_INT_RGB ? picture : converted(picture, type);
  }

  private void background(Graphics2D g, int w, int h, Color back, int kind) {
    int size = Math.min(w, h);
    g.setColor(back);
    g.fillRect(0, 0, w, h);
    switch (kind) {
      case 1 -> { // gradient
        g.setPaint(new GradientPaint(0, 0, back, w, h, near(back, 60)));
        g.fillRect(0, 0, w, h);
      }
      case 2 -> { // stripes
        double step = size * between(0.08, 0.25);
        double slope = between(-h, h);
        g.setColor(near(back, 40));
        g.setStroke(new BasicStroke((float) step / 2));
        for (double x = -h; x < w + h; x += step) {
          g.draw(new Line2D.Double(x, 0, x + slope, h));
        }
      }
      case 3 -> { // noise
        int cell = 2 + size / 32;
        for (int y = 0; y < h; y += cell) {
          for (int x = 0; x < w; x += cell) {
            g.setColor(near(back, 20));
            g.fillRect(x, y, cell, cell);
          }
        }
      }
      case 4 -> { // blobs
        for (int i = 0; i < 6; i++) {
          double r = size * between(0.04, 0.16);
          g.setColor(near(back, 60));
          g.fill(new Ellipse2D.Double(between(0, w) - r, between(0, h) - r, 2 * r, 2 * r));
        }
      }
      case 5 -> { // lines
        g.setStroke(new BasicStroke(size / 24f));
        for (int i = 0; i < 5; i++) {
          g.setColor(near(back, 90));
          g.draw(new Line2D.Double(between(0, w), between(0, h), between(0, w), between(0, h)));
        }
      }
      default -> {} // plain
    }
  }

  private Color color(boolean grey, double darkest, double lightest) {
    float saturation = grey ? 0 : (float) between(0, 0.8);
    return Color.getHSBColor(random.nextFloat(), saturation, (float) between(darkest, lightest));
  }

  /** The colour lighter or darker by up to {@code range}. */
  private Color near(Color color, int range) {
    int by = random.nextInt(2 * range + 1) - range;
    float[] rgb = color.getRGBColorComponents(null);
    for (int i = 0; i < 3; i++) {
      rgb[i] = Math.max(0, Math.min(1, rgb[i] + by / 255f));
    }
    return new Color(rgb[0], rgb[1], rgb[2]);
  }

  private double between(double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  /** The picture in another type; one with alpha fades out to the left. */
  private static BufferedImage converted(BufferedImage picture, int type) {
    int w = picture.getWidth();
    BufferedImage other = new BufferedImage(w, picture.getHeight(), type);
    Graphics2D g = other.createGraphics();
    g.drawImage(picture, 0, 0, null);
    if (type == TYPE_INT_ARGB) {
      g.setComposite(AlphaComposite.DstIn);
      g.setPaint(new GradientPaint(0, 0, new Color(0, 0, 0, 100), w, 0, Color.BLACK));
      g.fillRect(0, 0, w, picture.getHeight());
    }
    g.dispose();
    return other;
  }

  /** The JPEG with an EXIF segment that says: upright after a quarter turn to the right. */
  private static byte[] withOrientation6(byte[] jpeg) {
    String exif =
        "\u00ff\u00e1\0\42Exif\0\0" // APP1, 34 bytes
            + "MM\0\52\0\0\0\10" // a big-endian TIFF, its directory at 8
            + "\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0"; // one entry, 0x112, a short: 6
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.writeBytes(exif.getBytes(StandardCharsets.ISO_8859_1));
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  private static byte[] encoded(BufferedImage picture, String format) throws IOException {
    if (format.equals("ppm")) {
      return ppm(picture);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ImageWriteParam param = writer.getDefaultWriteParam();
    if (format.equals("jpg")) {
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(0.85f);
    } else if (format.equals("tiff")) {
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionType("LZW");
    }
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(picture, null, null), param);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  private static byte[] ppm(BufferedImage picture) {
    int w = picture.getWidth();
    int h = picture.getHeight();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(("P6\n" + w + " " + h + "\n255\n").getBytes(StandardCharsets.US_ASCII));
    for (int c : picture.getRGB(0, 0, w, h, null, 0, w)) {
      out.writeBytes(new byte[] {(byte) (c >> 16), (byte) (c >> 8), (byte) c});
    }
    return out.toByteArray();
  }
}
