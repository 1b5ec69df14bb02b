/* The fields of a payload (protocol.h): they are read off a cursor, and appended to a buffer. */
#include "fields.h"
#include "shim.h"

static const void *take(struct cursor *c, size_t n)
{
	if (c->bad || (size_t)(c->end - c->at) < n) {
		c->bad = true;
		return NULL;
	}
	const void *field = c->at;
	c->at += n;
	return field;
}

/* Little endian, as are all machines that this is built for. */
static uint64_t take_number(struct cursor *c, size_t size)
{
	uint64_t value = 0;
	const void *field = take(c, size);
	if (field)
		memcpy(&value, field, size);
	return value;
}

uint16_t take_u16(struct cursor *c)
{
	return take_number(c, 2);
}

uint32_t take_u32(struct cursor *c)
{
	return take_number(c, 4);
}

uint64_t take_int(struct cursor *c)
{
	return take_number(c, 8);
}

/* Bytes that a NUL follows; never NULL. */
const char *take_bytes(struct cursor *c, size_t *length)
{
	size_t n = take_u32(c);
	const char *field = n < MAX_PAYLOAD_BYTES ? take(c, n + 1) : NULL;
	if (!field || field[n] != '\0') {
		c->bad = true;
		*length = 0;
		return "";
	}
	*length = n;
	return field;
}

const char *take_string(struct cursor *c)
{
	size_t length;
	const char *string = take_bytes(c, &length);
	if (strlen(string) != length)
		c->bad = true;
	return string;
}

/* A NULL-terminated vector of strings, with room for one more, to be freed; never NULL. */
const char **take_list(struct cursor *c)
{
	uint32_t count = take_u32(c);
	/* Each entry takes 5 bytes at least: a count that cannot be true allocates nothing. */
	if (c->bad || count > (size_t)(c->end - c->at) / 5) {
		c->bad = true;
		count = 0;
	}
	const char **list = calloc(count + 2, sizeof *list);
	if (!list)
		abort();
	for (uint32_t i = 0; i < count; i++)
		list[i] = take_string(c);
	return list;
}

/* A list of operations, without looking into it. */
struct cursor take_operations(struct cursor *c)
{
	uint32_t length = take_u32(c);
	const uint8_t *start = take(c, length);
	return (struct cursor){ start, start ? start + length : start, start == NULL };
}

void append(struct bytes *b, const void *data, size_t n)
{
	if (n == 0)
		return;
	if (b->length + n > b->capacity) {
		b->capacity = (b->length + n) * 2;
		b->data = realloc(b->data, b->capacity);
		if (!b->data)
			abort();
	}
	memcpy(b->data + b->length, data, n);
	b->length += n;
}

void append_int(struct bytes *b, uint64_t value)
{
	append(b, &value, sizeof value);
}

void append_string(struct bytes *b, const char *string)
{
	uint32_t length = strlen(string);
	append(b, &length, sizeof length);
	append(b, string, length + 1);
}

void release(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}
