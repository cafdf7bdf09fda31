import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Digits of MNIST turned by any angle: {@code java RotatedDigits.java MNIST_FOLDER OUT_FOLDER [SEED]}.
 *
 * <p>Reads MNIST's four files and writes four of the same names: 12,000 training pictures, drawn
 * without replacement from the 60,000, and the 10,000 test pictures in their order. Each is turned
 * about its centre by an angle drawn uniformly from [0, 360) degrees, read bilinearly, black
 * outside. The same seed gives the same pixels on any machine.
 *
 * <p>The benchmark of Larochelle 2007 is made likewise, but draws its 12,000 training and 50,000
 * test pictures from one pool. Here nobody who wrote a test digit wrote one to train on, and error
 * rates are not those of that benchmark's files.
 */
public class RotatedDigits {
  private static final int TRAINING = 12_000;

  public static void main(String[] args) throws Exception {
    if (args.length < 2 || args.length > 3) {
      System.err.println("java RotatedDigits.java MNIST_FOLDER OUT_FOLDER [SEED]");
      System.exit(2);
    }
    Path in = Path.of(args[0]);
    Path out = Files.createDirectories(Path.of(args[1]));
    Random random = new Random(args.length == 3 ? Long.parseLong(args[2]) : 0);
    part(in, out, "train", TRAINING, random);
    part(in, out, "t10k", Integer.MAX_VALUE, random);
  }

  /** Draws {@code most} pictures, or takes all in their order where there are no more. */
  private static void part(Path in, Path out, String part, int most, Random random)
      throws Exception {
    String images = part + "-images-idx3-ubyte.gz";
    String labels = part + "-labels-idx1-ubyte.gz";
    int[] sizes = new int[3];
    byte[] pixels = read(in.resolve(images), sizes, 3);
    byte[] classes = read(in.resolve(labels), new int[1], 1);
    int count = Math.min(most, sizes[0]);
    int[] order = new int[sizes[0]];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    int side = sizes[1];
    byte[] turned = new byte[count * side * side];
    byte[] kept = new byte[count];
    for (int i = 0; i < count; i++) {
      if (count < order.length) {
        int j = i + random.nextInt(order.length - i);
        int drawn = order[j];
        order[j] = order[i];
        order[i] = drawn;
      }
      turn(pixels, order[i], turned, i, side, 2 * Math.PI * random.nextDouble());
      kept[i] = classes[order[i]];
    }
    write(out.resolve(images), turned, count, side, side);
    write(out.resolve(labels), kept, count);
  }

  private static void turn(byte[] from, int source, byte[] to, int target, int side, double angle) {
    double cos = StrictMath.cos(angle); // the same on every machine
    double sin = StrictMath.sin(angle);
    double centre = (side - 1) / 2.0;
    for (int i = 0; i < side; i++) {
      for (int j = 0; j < side; j++) {
        double y = centre + cos * (i - centre) + sin * (j - centre);
        double x = centre - sin * (i - centre) + cos * (j - centre);
        int top = (int) Math.floor(y);
        int left = (int) Math.floor(x);
        double level = 0;
        for (int corner = 0; corner < 4; corner++) {
          int r = top + corner / 2;
          int c = left + corner % 2;
          if (r >= 0 && r < side && c >= 0 && c < side) {
            double weight = (1 - Math.abs(y - r)) * (1 - Math.abs(x - c));
            level += weight * (from[(source * side + r) * side + c] & 255);
          }
        }
        to[(target * side + i) * side + j] = (byte) Math.round(level);
      }
    }
  }

  /** IDX: two zero bytes, the type (8, unsigned bytes), the rank, the sizes, the data. */
  private static byte[] read(Path file, int[] sizes, int rank) throws IOException {
    try (var in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file)))) {
      if (in.readInt() != (8 << 8 | rank)) {
        throw new IOException(file + ": expected unsigned bytes of " + rank + " sizes");
      }
      for (int i = 0; i < rank; i++) {
        sizes[i] = in.readInt();
      }
      return in.readAllBytes();
    }
  }

  private static void write(Path file, byte[] data, int... sizes) throws Exception {
    try (var out = new DataOutputStream(new GZIPOutputStream(Files.newOutputStream(file)))) {
      out.writeInt(8 << 8 | sizes.length);
      for (int size : sizes) {
        out.writeInt(size);
      }
      out.write(data);
    }
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(data);
    System.out.printf(
        "%s: %,d, SHA-256 of the data %s%n", file, sizes[0], HexFormat.of().formatHex(digest));
  }
}
