package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs programs that end by themselves. */
final class Commands {

    private Commands() {}

    /** Whether the program is there and ends with code 0. */
    static boolean succeeds(List<String> command) {
        try {
            output(command);
            return true;
        } catch (ServerException e) {
            return false;
        }
    }

    /** What the program printed; a failure if it ends with another code than 0. */
    static String output(List<String> command) {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new ServerException("cannot run " + command.get(0), e);
        }
        try (InputStream stream = process.getInputStream()) {
            process.getOutputStream().close();
            String output = new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
            int code = process.waitFor();
            if (code != 0) {
                throw new ServerException(
                        String.join(" ", command) + " ended with code " + code + " and said:\n" + output);
            }
            return output;
        } catch (IOException e) {
            throw new ServerException("cannot read the output of " + command.get(0), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while running " + command.get(0), e);
        } finally {
            process.destroyForcibly();
        }
    }
}
