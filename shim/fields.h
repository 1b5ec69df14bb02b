/* The fields of a payload (protocol.h): they are read off a cursor, and appended to a buffer. */
#ifndef SLIPWAY_FIELDS_H
#define SLIPWAY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;
	size_t length, capacity, sent;
};

/* Reads fields off a payload; `bad` sticks once anything did not fit. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

enum field_type { FIELD_INT, FIELD_FLAG, FIELD_STRING, FIELD_BYTES, FIELD_LIST, FIELD_INTS };

/* Where a field of a type is in a struct. */
struct field {
	enum field_type type;
	size_t offset;
};

/* FIELD_BYTES: a NUL follows them. */
struct data {
	const char *bytes;
	size_t length;
};

/* FIELD_INTS */
struct numbers {
	uint64_t *values;
	size_t count;
};

uint16_t take_u16(struct cursor *c);
uint32_t take_u32(struct cursor *c);
uint64_t take_int(struct cursor *c);
const char *take_bytes(struct cursor *c, size_t *length);
const char *take_string(struct cursor *c);
void take_fields(struct cursor *c, const struct field *layout, size_t count, void *fields);
void release_fields(const struct field *layout, size_t count, void *fields);
struct cursor take_operations(struct cursor *c);
void append(struct bytes *b, const void *data, size_t n);
void append_int(struct bytes *b, uint64_t value);
void append_string(struct bytes *b, const char *string);
void release(struct bytes *b);

#endif
