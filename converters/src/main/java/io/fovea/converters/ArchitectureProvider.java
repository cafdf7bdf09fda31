package io.fovea.converters;

import java.util.List;

/**
 * Architectures from outside of this module. An implementation with a public constructor without
 * arguments is found by {@link java.util.ServiceLoader}: its class is named in {@code
 * META-INF/services/io.fovea.converters.ArchitectureProvider} of its jar, and its nets stand beside
 * the built-in ones in {@link Architectures}.
 */
public interface ArchitectureProvider {
  /** The nets, whose names no other net has. */
  List<Architecture> architectures();
}
