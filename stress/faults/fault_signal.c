#include "stress/faults/fault_signal.h"

#include <signal.h>
#include <string.h>

void rtk_twin_catch(void (*handler)(int number)) {
    struct sigaction how;
    memset(&how, 0, sizeof how);
    how.sa_handler = handler;
    how.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &how, NULL);
}
