/* The only C++ here: Debian has no C library for TOML, and toml++ is kept well.
 * Nothing of it crosses this file. */
#include "stress/toml_read.h"

#include <cstdio>
#include <new>
#include <sstream>
#include <string>

#define TOML_EXCEPTIONS  0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace {

bool read(const char *path, json_t **table, char *sentence, size_t room) {
    toml::parse_result result = toml::parse_file(path);
    if (!result) {
        std::string why(result.error().description());
        unsigned line = result.error().source().begin.line;
        if (line) /* 0: it was not even opened */
            std::snprintf(sentence, room, "%s, line %u: %s", path, line,
                          why.c_str());
        else
            std::snprintf(sentence, room, "%s: %s", path, why.c_str());
        return false;
    }
    std::ostringstream text;
    text << toml::json_formatter{result.table()};
    *table = json_loads(text.str().c_str(), 0, nullptr);
    if (!*table)
        std::snprintf(sentence, room, "%s: a value that JSON does not know",
                      path);
    return *table != nullptr;
}

} // namespace

bool rtk_toml_read(const char *path, json_t **table, char *sentence,
                   size_t room) {
    try {
        return read(path, table, sentence, room);
    } catch (const std::bad_alloc &) {
        std::snprintf(sentence, room, "%s: no memory to read it", path);
        return false;
    }
}
