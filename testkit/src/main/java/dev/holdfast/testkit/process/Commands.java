package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Runs programs that end by themselves. */
public final class Commands {

    private Commands() {}

    /**
     * Tells whether a program is there and ends with code 0.
     *
     * @param command program and arguments
     * @return whether it succeeded
     */
    public static boolean succeeds(List<String> command) {
        try {
            output(command);
            return true;
        } catch (ServerException e) {
            return false;
        }
    }

    /**
     * Runs a program without input.
     *
     * @param command program and arguments
     * @return what it printed, errors too, without the space around it
     * @throws ServerException if it is not there or ends with another code than 0; the message has its output
     */
    public static String output(List<String> command) {
        return output(command, "");
    }

    /**
     * Runs a program.
     *
     * @param command program and arguments
     * @param input what it reads
     * @return what it printed, errors too, without the space around it
     * @throws ServerException if it is not there or ends with another code than 0; the message has its output
     */
    public static String output(List<String> command, String input) {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new ServerException("cannot run " + command.get(0), e);
        }
        try (InputStream stream = process.getInputStream()) {
            // Both pipes at once: a program that prints while it reads would otherwise wait for us as we wait for it.
            FutureTask<String> output =
                    new FutureTask<>(() -> new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip());
            Thread reader = new Thread(output, "testkit-output-" + command.get(0));
            reader.setDaemon(true);
            reader.start();
            String refusal = write(process, input);
            String text = output.get();
            int code = process.waitFor();
            if (code != 0) {
                throw new ServerException(
                        String.join(" ", command) + " ended with code " + code + " and said:\n" + text + refusal);
            }
            return text;
        } catch (IOException | ExecutionException e) {
            throw new ServerException("cannot read the output of " + command.get(0), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while running " + command.get(0), e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Why the input could not be written; its exit code tells whether that mattered to the program. */
    private static String write(Process process, String input) {
        try (OutputStream stream = process.getOutputStream()) {
            stream.write(input.getBytes(StandardCharsets.UTF_8));
            return "";
        } catch (IOException e) {
            return "\n[it did not read its input: " + e.getMessage() + "]";
        }
    }
}
