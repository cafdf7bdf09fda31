package io.fovea.onnx;

import io.fovea.onnx.proto.StringStringEntryProto;
import io.fovea.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where the data of a tensor lies outside the model's file: always in the model's own folder or
 * below.
 */
record ExternalData(String location, long offset, long length) {
  /**
   * From here on data is mapped, so that weights larger than the heap can be copied from file to
   * file; below it is read, as the number of mappings is limited.
   */
  private static final int MAPPED_BYTES = 1 << 20;

  /** The location of what has a shape but no data. */
  static final String NOWHERE = "outline";

  /** Reads the keys of a tensor; {@code length} is -1 where the tensor does not say it. */
  static ExternalData of(Tensor tensor) {
    String location = "";
    long offset = 0;
    long length = -1;
    for (StringStringEntryProto e : tensor.proto().getExternalDataList()) {
      switch (e.getKey().toLowerCase(Locale.ROOT)) {
        case "location" -> location = e.getValue();
        case "offset" -> offset = number(tensor, e);
        case "length" -> length = number(tensor, e);
        default -> {} // checksum and what later versions add
      }
    }
    if (location.isEmpty()) {
      throw tensor.problem("external data has no location");
    }
    checkPath(tensor, location);
    if (length >= 0 && length != tensor.byteSize()) {
      throw tensor.problem(
          "dims want %d bytes, the external data claims %d".formatted(tensor.byteSize(), length));
    }
    return new ExternalData(location, offset, length);
  }

  private static long number(Tensor tensor, StringStringEntryProto e) {
    try {
      long n = Long.parseLong(e.getValue());
      if (n >= 0) {
        return n;
      }
    } catch (NumberFormatException ignored) {
      // reported below
    }
    throw tensor.problem(
        "external %s '%s' is not a number of bytes".formatted(e.getKey(), e.getValue()));
  }

  /** The bytes of a tensor; nothing is allocated for a size that the file does not have. */
  static ByteBuffer read(Tensor tensor) {
    ExternalData data = of(tensor);
    Path file = data.file(tensor);
    long size = tensor.byteSize();
    try (FileChannel channel = FileChannel.open(file)) {
      if (data.offset > channel.size() - size) {
        throw tensor.problem(
            "external data %s has %d bytes, wants %d at offset %d"
                .formatted(data.location, channel.size(), size, data.offset));
      }
      if (size >= MAPPED_BYTES) {
        return channel.map(FileChannel.MapMode.READ_ONLY, data.offset, size);
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) size);
      while (bytes.hasRemaining() && channel.read(bytes, data.offset + bytes.position()) >= 0) {}
      return bytes.flip().asReadOnlyBuffer();
    } catch (IOException e) {
      throw OnnxException.in(file, e);
    }
  }

  private static void checkPath(Tensor tensor, String location) {
    try {
      Path relative = Path.of(location);
      boolean climbs = location.contains("\\");
      for (Path part : relative) {
        climbs |= part.toString().equals("..");
      }
      if (relative.isAbsolute() || climbs) {
        throw tensor.problem("external path '" + location + "' leaves the model's folder");
      }
    } catch (InvalidPathException e) {
      throw tensor.problem("external path '" + location + "' is no path");
    }
  }

  private Path file(Tensor tensor) {
    Path folder = tensor.folder();
    if (folder == null && location.equals(NOWHERE)) {
      throw tensor.problem("has a shape but no data");
    }
    if (folder == null) {
      throw tensor.problem("external data '" + location + "' of a model that is in no folder");
    }
    Path file = folder.resolve(location);
    if (!Files.isRegularFile(file)) {
      throw tensor.problem("external data " + file + " is missing or no file");
    }
    try {
      if (!file.toRealPath().startsWith(folder.toRealPath())) {
        throw tensor.problem(
            "external path '" + location + "' leaves the model's folder by a link");
      }
    } catch (IOException e) {
      throw OnnxException.in(file, e);
    }
    return file;
  }

  /** The tensor with its data at a place of a file. */
  static TensorProto refer(TensorProto tensor, String location, long offset, long length) {
    return tensor.toBuilder()
        .clearRawData()
        .clearFloatData()
        .clearInt32Data()
        .clearInt64Data()
        .clearDoubleData()
        .clearUint64Data()
        .clearExternalData()
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", location))
        .addExternalData(entry("offset", Long.toString(offset)))
        .addExternalData(entry("length", Long.toString(length)))
        .build();
  }

  static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
