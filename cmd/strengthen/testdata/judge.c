/* Reads a calendar file with libical and checks it against the restrictions of RFC 5546 for its method. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  FILE *f = fopen(argv[1], "rb");
  if (argc < 2 || !f) return 2;
  static char text[1 << 20];
  size_t n = fread(text, 1, sizeof text - 1, f);
  text[n] = 0;
  icalcomponent *c = icalparser_parse_string(text);
  if (!c) { puts("not a calendar"); return 1; }
  int errors = icalcomponent_count_errors(c);
  int ok = icalrestriction_check(c);
  errors += icalcomponent_count_errors(c);
  if (!ok || errors) { puts(icalcomponent_as_ical_string(c)); return 1; }
  return 0;
}
