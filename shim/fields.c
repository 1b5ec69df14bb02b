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

/* How many entries follow, of which each takes `size` bytes at least: a count that cannot be true allocates nothing. */
static size_t take_count(struct cursor *c, size_t size)
{
	uint32_t count = take_u32(c);
	if (c->bad || count > (size_t)(c->end - c->at) / size) {
		c->bad = true;
		return 0;
	}
	return count;
}

/* A NULL-terminated vector of strings, with room for one more, to be freed; never NULL. */
static const char **take_list(struct cursor *c)
{
	size_t count = take_count(c, 5);
	const char **list = calloc(count + 2, sizeof *list);
	if (!list)
		abort();
	for (size_t i = 0; i < count; i++)
		list[i] = take_string(c);
	return list;
}

/* Their values are to be freed. */
static struct numbers take_numbers(struct cursor *c)
{
	size_t count = take_count(c, 8);
	struct numbers numbers = { calloc(count + 1, sizeof *numbers.values), count };
	if (!numbers.values)
		abort();
	for (size_t i = 0; i < count; i++)
		numbers.values[i] = take_int(c);
	return numbers;
}

static void take_field(struct cursor *c, enum field_type type, void *field)
{
	switch (type) {
	case FIELD_INT:
		*(uint64_t *)field = take_int(c);
		break;
	case FIELD_FLAG:
		*(bool *)field = take_int(c);
		break;
	case FIELD_STRING:
		*(const char **)field = take_string(c);
		break;
	case FIELD_BYTES: {
		struct data *data = field;
		data->bytes = take_bytes(c, &data->length);
		break;
	}
	case FIELD_LIST:
		*(const char ***)field = take_list(c);
		break;
	case FIELD_INTS:
		*(struct numbers *)field = take_numbers(c);
		break;
	}
}

/* Strings and bytes stay where they are in the payload; for the rest there is release_fields(). */
void take_fields(struct cursor *c, const struct field *layout, size_t count, void *fields)
{
	for (size_t i = 0; i < count; i++)
		take_field(c, layout[i].type, (char *)fields + layout[i].offset);
}

void release_fields(const struct field *layout, size_t count, void *fields)
{
	for (size_t i = 0; i < count; i++) {
		void *field = (char *)fields + layout[i].offset;
		if (layout[i].type == FIELD_LIST)
			free(*(const char ***)field);
		else if (layout[i].type == FIELD_INTS)
			free(((struct numbers *)field)->values);
	}
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
