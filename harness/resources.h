#ifndef RTK_RESOURCES_H
#define RTK_RESOURCES_H

/* What a process holds that a library may leave behind. */
typedef struct rtk_resources {
    unsigned threads, descriptors;
} rtk_resources;

/* Count the threads and open descriptors of this process. MT-Safe. */
rtk_resources rtk_resources_now(void);

/* Count the open descriptors alone. MT-Safe. */
unsigned rtk_resources_descriptors(void);

/* The same, waiting up to a second for threads that are on their way out until
 * there are at most `threads`. MT-Safe. */
rtk_resources rtk_resources_settled(unsigned threads);

#endif
