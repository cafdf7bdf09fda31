package io.fovea.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A JVM of its own for one side of a comparison. It is told what to do by lines, and answers by
 * lines that {@link #answer} writes there; what its libraries print goes to standard error. Linux
 * only, as {@link #peakKib} is.
 */
final class Child implements AutoCloseable {
  private static final String MARK = "= ";

  private final Process process;
  private final BufferedReader out;
  private final Writer in;

  private Child(Process process) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    this.in = process.outputWriter(StandardCharsets.UTF_8);
  }

  /**
   * Starts a main class.
   *
   * @param classPath files and folders, as {@link #classPath} gives them
   * @param jvm options of the JVM
   */
  static Child start(List<String> classPath, List<String> jvm, Class<?> main, String... args)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.add("-Djava.awt.headless=true");
    command.add("-XX:-CreateCoredumpOnCrash");
    command.addAll(jvm);
    command.add(main.getName());
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    // Not an option: ONNX Runtime 1.29 overflows its stack where the command line is long.
    builder.environment().put("CLASSPATH", String.join(File.pathSeparator, classPath));
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    return new Child(builder.start());
  }

  /** The entries of this process's class path that are wanted. */
  static List<String> classPath(Predicate<String> wanted) {
    String all = System.getProperty("java.class.path", "");
    return Arrays.stream(all.split(File.pathSeparator)).filter(wanted).toList();
  }

  static List<String> classPath() {
    return classPath(entry -> true);
  }

  /** In the child: answers. */
  static void answer(Object what) {
    System.out.println(MARK + what);
    System.out.flush();
  }

  void tell(Object what) throws IOException {
    in.write(what + "\n");
    in.flush();
  }

  /** Waits for the next answer. */
  String answer() throws IOException {
    for (String line; (line = out.readLine()) != null; ) {
      if (line.startsWith(MARK)) {
        return line.substring(MARK.length());
      }
      System.err.println(line);
    }
    throw new IOException("the process ended without an answer: " + process.info());
  }

  /** Processor time that it has used, to about 10 ms. */
  double cpuMillis() {
    return process.info().totalCpuDuration().orElseThrow().toMillis();
  }

  /** Ends its input, and the process where that does not end it. */
  @Override
  public void close() throws IOException {
    in.close();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** This process's peak of resident memory. */
  static long peakKib() {
    return peakKib(ProcessHandle.current().pid());
  }

  /** A process's peak of resident memory; 0 where it has ended. */
  static long peakKib(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(l -> l.startsWith("VmHWM:"))
          .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
