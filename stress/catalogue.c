#include "stress/catalogue.h"

#include <string.h>

/* The last column of faults.def. */
enum { FULL, CANARY };

const rtk_fault rtk_faults[] = {
#define RTK_FAULT(name, category, kind, summary, lane, oracle, scenario, when) \
    {#name,  category, kind,           summary, lane,                          \
     oracle, scenario, when == CANARY, NULL},
#include "stress/faults/faults.def"
#undef RTK_FAULT
#define RTK_KERNEL_FAULT(name, category, kind, summary, lane, oracle,          \
                         scenario, subject, source)                            \
    {#name, category, kind, summary, lane, oracle, scenario, false, subject},
#include "stress/faults/kernel_faults.def"
#undef RTK_KERNEL_FAULT
    {0}};

const rtk_category rtk_categories[] = {
#define RTK_CATEGORY(number, name, least) {number, name, least},
#include "stress/faults/categories.def"
#undef RTK_CATEGORY
    {0}};

const char *rtk_fault_category(const rtk_fault *fault) {
    const rtk_category *c = rtk_categories;
    while (c->name && c->number != fault->category) c++;
    return c->name ? c->name : "none";
}

rtk_status rtk_faults_check(const rtk_names *names,
                            char sentence[RTK_SENTENCE]) {
    for (size_t k = 0; k < names->n; k++) {
        const rtk_fault *f = rtk_faults;
        while (f->name && strcmp(f->name, names->name[k]) != 0) f++;
        if (f->name) continue;
        snprintf(sentence, RTK_SENTENCE,
                 "there is no planted fault \"%s\"; see racetrack list faults",
                 names->name[k]);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

bool rtk_fault_chosen(const rtk_fault_choice *choice, const rtk_fault *fault,
                      const char *lane) {
    return rtk_names_allow(choice->names, fault->name) &&
           (fault->canary || !choice->canary) &&
           (!lane || strcmp(lane, fault->lane) == 0);
}

unsigned rtk_faults_count(const rtk_fault_choice *choice, const char *lane) {
    unsigned n = 0;
    for (const rtk_fault *f = rtk_faults; f->name; f++)
        n += rtk_fault_chosen(choice, f, lane);
    return n;
}
