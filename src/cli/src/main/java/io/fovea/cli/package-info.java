/** The {@code fovea} command. Start with {@link io.fovea.cli.Fovea}. */
@NullMarked
package io.fovea.cli;

import org.jspecify.annotations.NullMarked;
