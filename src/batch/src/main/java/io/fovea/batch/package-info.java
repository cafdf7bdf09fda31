/**
 * Scoring of any number of pictures. Start with {@link io.fovea.batch.BatchScoring}, which takes
 * pictures from a {@link io.fovea.batch.Source} to a file of rows, and {@link
 * io.fovea.batch.Answers}, which is what a model says of them.
 */
@NullMarked
package io.fovea.batch;

import org.jspecify.annotations.NullMarked;
