package io.fovea.image;

import java.util.Arrays;
import java.util.Random;

/** Ways to damage a file: what transfers, disks and attackers do to pictures. */
enum Damage {
  /** Some bytes of the whole file are others. */
  BYTES {
    @Override
    byte[] apply(byte[] file, Random random) {
      byte[] out = file.clone();
      for (int i = random.nextInt(8); i >= 0; i--) {
        out[random.nextInt(out.length)] = (byte) random.nextInt(256);
      }
      return out;
    }
  },
  /** Some bits of headers are turned. */
  HEADER_BITS {
    @Override
    byte[] apply(byte[] file, Random random) {
      byte[] out = file.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        out[near(file, random)] ^= (byte) (1 << random.nextInt(8));
      }
      return out;
    }
  },
  /** Fields of 1, 2, 4 or 8 bytes, mostly of headers, have the values at which sums overflow. */
  EXTREMES {
    @Override
    byte[] apply(byte[] file, Random random) {
      byte[] out = file.clone();
      for (int i = random.nextInt(2); i >= 0; i--) {
        int at = random.nextInt(4) == 0 ? random.nextInt(file.length) : near(file, random);
        byte first = EXTREME[random.nextInt(EXTREME.length)];
        byte rest = EXTREME[random.nextInt(EXTREME.length)];
        int end = Math.min(file.length, at + (1 << random.nextInt(4)));
        Arrays.fill(out, at, end, rest);
        out[random.nextBoolean() ? at : end - 1] = first;
      }
      return out;
    }
  },
  /** A piece is missing. */
  CUT {
    @Override
    byte[] apply(byte[] file, Random random) {
      int from = random.nextInt(file.length);
      int to = from + piece(file, from, random);
      return join(Arrays.copyOf(file, from), Arrays.copyOfRange(file, to, file.length));
    }
  },
  /** A piece is there twice, or more often. */
  DOUBLED {
    @Override
    byte[] apply(byte[] file, Random random) {
      int from = random.nextInt(file.length);
      byte[] piece = Arrays.copyOfRange(file, from, from + piece(file, from, random));
      byte[] out = Arrays.copyOf(file, from);
      for (int i = random.nextInt(3); i >= -1; i--) {
        out = join(out, piece);
      }
      return join(out, Arrays.copyOfRange(file, from + piece.length, file.length));
    }
  },
  /** Two pieces have changed places. */
  SWAPPED {
    @Override
    byte[] apply(byte[] file, Random random) {
      int from = random.nextInt(file.length);
      int middle = from + piece(file, from, random);
      int to = middle == file.length ? middle : middle + piece(file, middle, random);
      return join(
          join(Arrays.copyOf(file, from), Arrays.copyOfRange(file, middle, to)),
          join(Arrays.copyOfRange(file, from, middle), Arrays.copyOfRange(file, to, file.length)));
    }
  };

  private static final byte[] EXTREME = {0, 1, 0x7f, (byte) 0x80, (byte) 0xff};
  private static final int HEADER = 160;

  /** A damaged copy of a file, which is not empty. */
  abstract byte[] apply(byte[] file, Random random);

  /** Headers stand at the start, the directory of a TIFF often at the end. */
  private static int near(byte[] file, Random random) {
    int at = random.nextInt(Math.min(file.length, HEADER));
    return random.nextInt(3) == 0 ? file.length - 1 - at : at;
  }

  /** Length of a piece: from one byte to all of the rest, mostly short. */
  private static int piece(byte[] file, int from, Random random) {
    int most = Math.min(file.length - from, 1 << random.nextInt(16));
    return 1 + random.nextInt(most);
  }

  private static byte[] join(byte[] a, byte[] b) {
    byte[] out = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, out, a.length, b.length);
    return out;
  }
}
