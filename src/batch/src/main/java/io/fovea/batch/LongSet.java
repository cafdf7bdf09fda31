package io.fovea.batch;

/** A set of longs in one array, of 16 to 32 bytes for each. Not thread-safe. */
final class LongSet {
  private long[] slots = new long[64]; // 0 where free
  private int size;
  private boolean zero;

  /** 64 bits of a text that hardly any other text has. */
  static long hash(String text) {
    long h = 0xcbf29ce484222325L; // FNV-1a, then the last step of SplitMix64
    for (int i = 0; i < text.length(); i++) {
      h = (h ^ text.charAt(i)) * 0x100000001b3L;
    }
    h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9L;
    h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL;
    return h ^ (h >>> 31);
  }

  boolean contains(long value) {
    return value == 0 ? zero : slots[slot(value)] == value;
  }

  /** Adds a value, and says whether it was not there. */
  boolean add(long value) {
    if (contains(value)) {
      return false;
    }
    if (value == 0) {
      zero = true;
      return true;
    }
    if (2L * ++size > slots.length) {
      grow();
    }
    slots[slot(value)] = value;
    return true;
  }

  private int slot(long value) {
    int i = (int) value & (slots.length - 1);
    while (slots[i] != 0 && slots[i] != value) {
      i = (i + 1) & (slots.length - 1);
    }
    return i;
  }

  private void grow() {
    long[] old = slots;
    slots = new long[2 * old.length];
    for (long value : old) {
      if (value != 0) {
        slots[slot(value)] = value;
      }
    }
  }
}
