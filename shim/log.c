/* The log, in the format of Docker's json-file. */
#include "files.h"
#include "log.h"
#include "shim.h"

static int create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
}

/* The file is replaced, so that readers of the old one still read it to its end. */
static void replace(struct log *log)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s.new", log->path);
	int fd = create(path);
	if (fd >= 0 && rename(path, log->path) == 0) {
		close(log->fd);
		log->fd = fd;
		log->bytes = 0;
		return;
	}
	close_if_open(&fd);
	if (ftruncate(log->fd, 0) == 0)
		log->bytes = 0;
}

static void rotate(struct log *log)
{
	char from[PATH_MAX], to[PATH_MAX];
	if (log->max_files <= 1) {
		replace(log);
		return;
	}
	/* Those that are there, not those that may be. */
	unsigned last = 1;
	for (; last < log->max_files - 1; last++) {
		snprintf(to, sizeof to, "%s.%u", log->path, last);
		if (access(to, F_OK) != 0)
			break;
	}
	for (unsigned i = last; i >= 1; i--) {
		snprintf(to, sizeof to, "%s.%u", log->path, i);
		if (i == 1)
			snprintf(from, sizeof from, "%s", log->path);
		else
			snprintf(from, sizeof from, "%s.%u", log->path, i - 1);
		rename(from, to);
	}
	int fd = create(log->path);
	if (fd < 0)
		return;
	close(log->fd);
	log->fd = fd;
	log->bytes = 0;
}

static void flush_log(struct log *log)
{
	/* A full disk loses lines rather than stopping the container. */
	if (log->length > 0 && write_all(log->fd, log->buffer, log->length) == 0)
		log->bytes += log->length;
	log->length = 0;
	if (log->max_bytes && log->bytes >= log->max_bytes)
		rotate(log);
}

static void log_bytes(struct log *log, const char *data, size_t n)
{
	while (n > 0) {
		size_t fits = LOG_BUFFER_BYTES - log->length;
		size_t part = n < fits ? n : fits;
		memcpy(log->buffer + log->length, data, part);
		log->length += part;
		data += part;
		n -= part;
		if (log->length == LOG_BUFFER_BYTES) {
			/* Within a line: no rotation here. */
			if (write_all(log->fd, log->buffer, log->length) == 0)
				log->bytes += log->length;
			log->length = 0;
		}
	}
}

/* Length of the valid UTF-8 sequence at `s`, 0 when there is none. */
static size_t sequence_length(const uint8_t *s, size_t n)
{
	size_t length = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
	if (length == 0 || length > n)
		return 0;
	uint32_t code = length == 1 ? s[0] : s[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	return code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : length;
}

/* Escapes as Go's encoding/json does, which Docker's log files have. */
static void log_json_string(struct log *log, const char *text, size_t n)
{
	const uint8_t *s = (const uint8_t *)text;
	char escape[8];
	for (size_t i = 0, plain = 0; i <= n;) {
		size_t length = i < n ? sequence_length(s + i, n - i) : 0;
		const char *replacement = NULL;
		if (i == n)
			replacement = "";
		else if (length == 0)
			replacement = "\\ufffd";
		else if (s[i] == '"')
			replacement = "\\\"";
		else if (s[i] == '\\')
			replacement = "\\\\";
		else if (s[i] == '\n')
			replacement = "\\n";
		else if (s[i] == '\r')
			replacement = "\\r";
		else if (s[i] == '\t')
			replacement = "\\t";
		else if (s[i] < 0x20 || s[i] == '<' || s[i] == '>' || s[i] == '&') {
			snprintf(escape, sizeof escape, "\\u%04x", s[i]);
			replacement = escape;
		} else if (length == 3 && s[i] == 0xe2 && s[i + 1] == 0x80 && (s[i + 2] & 0xfe) == 0xa8)
			replacement = s[i + 2] == 0xa8 ? "\\u2028" : "\\u2029";
		if (replacement) {
			log_bytes(log, text + plain, i - plain);
			log_bytes(log, replacement, strlen(replacement));
			plain = i + (length ? length : 1);
		}
		i += length ? length : 1;
	}
}

/* RFC 3339 with nanoseconds, without trailing zeros, as Go prints it. */
static size_t format_time(char *buffer, size_t size)
{
	struct timespec now;
	struct tm parts;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	size_t n = strftime(buffer, size, "%Y-%m-%dT%H:%M:%S", &parts);
	if (now.tv_nsec) {
		n += snprintf(buffer + n, size - n, ".%09ld", now.tv_nsec);
		while (buffer[n - 1] == '0')
			n--;
	}
	buffer[n++] = 'Z';
	return n;
}

static void log_line(struct log *log, uint8_t stream, const char *text, size_t n, const char *time, size_t time_length)
{
	static const char *const names[] = { "", "stdout", "stderr" };
	log_bytes(log, "{\"log\":\"", 8);
	log_json_string(log, text, n);
	log_bytes(log, "\",\"stream\":\"", 12);
	log_bytes(log, names[stream], 6);
	log_bytes(log, "\"", 1);
	if (log->attributes && *log->attributes) {
		log_bytes(log, ",\"attrs\":", 9);
		log_bytes(log, log->attributes, strlen(log->attributes));
	}
	log_bytes(log, ",\"time\":\"", 9);
	log_bytes(log, time, time_length);
	log_bytes(log, "\"}\n", 3);
	if (log->max_bytes && log->bytes + log->length >= log->max_bytes)
		flush_log(log);
}

/* Splits what a process wrote into lines; lines over 16 KiB are logged in pieces without a newline. */
void log_output(struct log *log, struct output *output, const char *data, size_t n)
{
	char time[40];
	size_t time_length = format_time(time, sizeof time);
	if (!output->line && !(output->line = malloc(LINE_BYTES)))
		return;
	while (n > 0) {
		const char *newline = memchr(data, '\n', n);
		size_t part = newline ? (size_t)(newline + 1 - data) : n;
		if (output->line_length == 0 && newline && part <= LINE_BYTES) {
			log_line(log, output->stream, data, part, time, time_length);
		} else {
			bool ends = newline != NULL;
			if (part > LINE_BYTES - output->line_length) {
				part = LINE_BYTES - output->line_length;
				ends = false;
			}
			memcpy(output->line + output->line_length, data, part);
			output->line_length += part;
			if (ends || output->line_length == LINE_BYTES) {
				log_line(log, output->stream, output->line, output->line_length, time, time_length);
				output->line_length = 0;
			}
		}
		data += part;
		n -= part;
	}
	flush_log(log);
}

void log_rest(struct log *log, struct output *output)
{
	char time[40];
	if (log->fd >= 0 && output->line_length > 0) {
		log_line(log, output->stream, output->line, output->line_length, time, format_time(time, sizeof time));
		flush_log(log);
	}
	output->line_length = 0;
	free(output->line);
	output->line = NULL;
}

void open_log(struct log *log, const char *path)
{
	struct stat status;
	log->fd = -1;
	if (*path == '\0')
		return;
	log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	log->path = strdup(path);
	log->buffer = malloc(LOG_BUFFER_BYTES);
	if (!log->buffer || !log->path)
		abort();
	if (log->fd >= 0 && fstat(log->fd, &status) == 0)
		log->bytes = status.st_size;
}
