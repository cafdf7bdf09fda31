import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Draws the pictures of the demo: ten classes of shapes at many sizes, on many backgrounds, and a
 * folder of single pictures of many sizes and formats. The same seed draws the same pictures.
 *
 * <p>{@code java test-data/DrawShapes.java test-data}
 */
public class DrawShapes {
  private static final int TRAIN = 100;
  private static final int TEST = 25;
  private static final Map<String, Shape> SHAPES = shapes();

  public static void main(String[] args) throws IOException {
    Path root = Path.of(args[0]);
    Random random = new Random(42);
    for (String name : SHAPES.keySet()) {
      for (int i = 0; i < TRAIN + TEST; i++) {
        boolean train = i < TRAIN;
        int kind = random.nextInt(10);
        String format = kind < 7 ? "jpg" : kind < 9 || train ? "png" : i % 2 == 0 ? "gif" : "bmp";
        int type =
            format.equals("png") && i % 3 == 0
                ? BufferedImage.TYPE_BYTE_GRAY
                : format.equals("png") && i % 3 == 1 || format.equals("gif")
                    ? BufferedImage.TYPE_BYTE_INDEXED
                    : BufferedImage.TYPE_INT_RGB;
        int side = format.equals("jpg") ? 96 : 48;
        int width = 28 + random.nextInt(side - 27);
        int height = Math.max(28, (int) (width * (0.6 + random.nextDouble())));
        BufferedImage picture = draw(name, width, Math.min(height, 120), type, random);
        String file = "%s/%s/%03d.%s".formatted(train ? "train" : "test", name, i, format);
        write(root.resolve("shapes").resolve(file), encode(picture, format, 0.8f));
      }
    }
    sizes(root.resolve("sizes"), random);
  }

  /** Outlines around the origin, within a circle of radius 1. */
  private static Map<String, Shape> shapes() {
    Map<String, Shape> all = new LinkedHashMap<>();
    all.put("arrow", polygon(0.95, 0, 0.2, 0.65, 0.2, 0.25, -0.9, 0.25, -0.9, -0.25, 0.2, -0.25, 0.2, -0.65));
    all.put("circle", new Ellipse2D.Double(-0.9, -0.9, 1.8, 1.8));
    Area crescent = new Area(new Ellipse2D.Double(-0.9, -0.9, 1.8, 1.8));
    crescent.subtract(new Area(new Ellipse2D.Double(-0.35, -0.75, 1.5, 1.5)));
    all.put("crescent", crescent);
    Area cross = new Area(new Rectangle2D.Double(-0.9, -0.3, 1.8, 0.6));
    cross.add(new Area(new Rectangle2D.Double(-0.3, -0.9, 0.6, 1.8)));
    all.put("cross", cross);
    Path2D heart = new Path2D.Double();
    heart.moveTo(0, 0.9);
    heart.curveTo(-1.7, -0.3, -0.6, -1.3, 0, -0.45);
    heart.curveTo(0.6, -1.3, 1.7, -0.3, 0, 0.9);
    all.put("heart", heart);
    all.put("hexagon", regular(6, 1));
    Area ring = new Area(new Ellipse2D.Double(-0.95, -0.95, 1.9, 1.9));
    ring.subtract(new Area(new Ellipse2D.Double(-0.5, -0.5, 1, 1)));
    all.put("ring", ring);
    all.put("square", regular(4, 1));
    all.put("star", regular(10, 0.42));
    all.put("triangle", regular(3, 1));
    return all;
  }

  /** A regular polygon; every second corner stands at a share of the radius. */
  private static Shape regular(int corners, double inner) {
    double[] points = new double[2 * corners];
    for (int i = 0; i < corners; i++) {
      double r = i % 2 == 0 ? 0.95 : 0.95 * inner;
      points[2 * i] = r * Math.cos(2 * Math.PI * i / corners);
      points[2 * i + 1] = r * Math.sin(2 * Math.PI * i / corners);
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

  private static BufferedImage draw(String name, int w, int h, int type, Random random) {
    BufferedImage picture = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    Color back = color(random);
    Color front = color(random);
    while (distance(back, front) < 110) {
      front = color(random);
    }
    background(g, w, h, back, random);
    double radius = Math.min(w, h) * (0.26 + 0.2 * random.nextDouble());
    AffineTransform place = new AffineTransform();
    place.translate(
        w / 2.0 + (random.nextDouble() - 0.5) * (w - 2 * radius) * 0.9,
        h / 2.0 + (random.nextDouble() - 0.5) * (h - 2 * radius) * 0.9);
    place.rotate(random.nextDouble() * 2 * Math.PI);
    place.scale(radius, radius * (0.8 + 0.2 * random.nextDouble()));
    Shape shape = place.createTransformedShape(SHAPES.get(name));
    g.setColor(front);
    boolean outline = random.nextInt(4) == 0 && !name.equals("ring") && !name.equals("circle");
    if (outline) {
      g.setStroke(new BasicStroke((float) Math.max(2, radius / 5)));
      g.draw(shape);
    } else {
      g.fill(shape);
    }
    g.dispose();
    return as(picture, type);
  }

  private static void background(Graphics2D g, int w, int h, Color back, Random random) {
    g.setColor(back);
    g.fillRect(0, 0, w, h);
    Color near = shade(back, random.nextBoolean() ? 45 : -45);
    switch (random.nextInt(4)) {
      case 0 -> {
        g.setPaint(new GradientPaint(0, 0, back, w, h, near));
        g.fillRect(0, 0, w, h);
      }
      case 1 -> {
        g.setColor(near);
        int step = 6 + random.nextInt(12);
        for (int x = -h; x < w; x += 2 * step) {
          g.setStroke(new BasicStroke(step / 2f));
          g.draw(new Line2D.Double(x, h, x + h, 0));
        }
      }
      case 2 -> {
        g.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, 0.5f));
        for (int i = 0; i < 6; i++) {
          g.setColor(shade(back, random.nextInt(120) - 60));
          double r = Math.min(w, h) * (0.05 + 0.1 * random.nextDouble());
          g.fill(new Ellipse2D.Double(random.nextInt(w) - r, random.nextInt(h) - r, 2 * r, 2 * r));
        }
        g.setComposite(AlphaComposite.SrcOver);
      }
      default -> {} // plain
    }
  }

  private static Color color(Random random) {
    return new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256));
  }

  private static Color shade(Color c, int by) {
    return new Color(level(c.getRed() + by), level(c.getGreen() + by), level(c.getBlue() + by));
  }

  private static int level(int v) {
    return Math.max(0, Math.min(255, v));
  }

  private static double distance(Color a, Color b) {
    return Math.sqrt(
        Math.pow(a.getRed() - b.getRed(), 2)
            + Math.pow(a.getGreen() - b.getGreen(), 2)
            + Math.pow(a.getBlue() - b.getBlue(), 2));
  }

  private static BufferedImage as(BufferedImage picture, int type) {
    if (type == picture.getType()) {
      return picture;
    }
    BufferedImage other = new BufferedImage(picture.getWidth(), picture.getHeight(), type);
    Graphics2D g = other.createGraphics();
    g.drawImage(picture, 0, 0, null);
    g.dispose();
    return other;
  }

  /** Pictures of many sizes and formats, the class first in the name. */
  private static void sizes(Path folder, Random random) throws IOException {
    int rgb = BufferedImage.TYPE_INT_RGB;
    write(folder.resolve("circle-20x31.png"), encode(draw("circle", 20, 31, rgb, random), "png", 1));
    write(folder.resolve("star-640x480.jpg"), encode(draw("star", 640, 480, rgb, random), "jpg", 0.6f));
    write(folder.resolve("heart-1600x900.jpg"), encode(draw("heart", 1600, 900, rgb, random), "jpg", 0.4f));
    int grey = BufferedImage.TYPE_BYTE_GRAY;
    write(folder.resolve("ring-grey-200x300.jpg"), encode(draw("ring", 200, 300, grey, random), "jpg", 0.7f));
    int palette = BufferedImage.TYPE_BYTE_INDEXED;
    write(folder.resolve("square-palette-97x60.png"), encode(draw("square", 97, 60, palette, random), "png", 1));
    int deep = BufferedImage.TYPE_USHORT_GRAY;
    write(folder.resolve("cross-16bit-64x64.png"), encode(draw("cross", 64, 64, deep, random), "png", 1));
    int alpha = BufferedImage.TYPE_INT_ARGB;
    write(folder.resolve("arrow-alpha-80x80.png"), encode(draw("arrow", 80, 80, alpha, random), "png", 1));
    write(folder.resolve("hexagon-70x50.gif"), encode(draw("hexagon", 70, 50, palette, random), "gif", 1));
    write(folder.resolve("triangle-61x47.bmp"), encode(draw("triangle", 61, 47, rgb, random), "bmp", 1));
    write(folder.resolve("crescent-90x70.tiff"), encode(draw("crescent", 90, 70, rgb, random), "tiff", 1));
    write(folder.resolve("star-55x40.ppm"), ppm(draw("star", 55, 40, rgb, random)));
    byte[] jpeg = encode(draw("heart", 240, 120, rgb, random), "jpg", 0.7f);
    write(folder.resolve("heart-exif6-120x240.jpg"), turned(jpeg));
    write(folder.resolve("broken.jpg"), java.util.Arrays.copyOf(jpeg, 200));
  }

  private static byte[] ppm(BufferedImage p) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write("P6\n%d %d\n255\n".formatted(p.getWidth(), p.getHeight()).getBytes(StandardCharsets.US_ASCII));
    for (int y = 0; y < p.getHeight(); y++) {
      for (int x = 0; x < p.getWidth(); x++) {
        int c = p.getRGB(x, y);
        out.write(new byte[] {(byte) (c >> 16), (byte) (c >> 8), (byte) c});
      }
    }
    return out.toByteArray();
  }

  /** The JPEG with an EXIF segment that says: turn me a quarter to the right. */
  private static byte[] turned(byte[] jpeg) throws IOException {
    int[] exif = {
      0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, // TIFF header
      0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0 // one entry: orientation 6
    };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    for (int b : exif) {
      out.write(b);
    }
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  private static byte[] encode(BufferedImage picture, String format, float quality) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ImageWriteParam param = writer.getDefaultWriteParam();
    if (format.equals("jpg")) {
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(quality);
    }
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(picture, null, null), param);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }
}
