/** Benchmarks, whole processes and JMH; what they gave stands in RESULTS.md. Never published. */
@NullMarked
package io.fovea.bench;

import org.jspecify.annotations.NullMarked;
