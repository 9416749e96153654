package dev.holdfast.core.redis;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Collects everything that is logged while it is open. */
final class LogCapture extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

    LogCapture() {
        start();
        root.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
        events.add(event);
    }

    /** The messages of one level from the link. */
    List<String> link(Level level) {
        return events.stream()
                .filter(e -> e.getLevel() == level && e.getLoggerName().startsWith("dev.holdfast"))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    /** Everything anybody logged, stack traces included. */
    String everything() {
        StringBuilder all = new StringBuilder();
        for (ILoggingEvent e : events) {
            all.append(e.getLevel()).append(' ').append(e.getFormattedMessage()).append('\n');
            for (var t = e.getThrowableProxy(); t != null; t = t.getCause()) {
                all.append(t.getClassName()).append(": ").append(t.getMessage()).append('\n');
            }
        }
        return all.toString();
    }

    @Override
    public void close() {
        root.detachAppender(this);
        stop();
    }
}
