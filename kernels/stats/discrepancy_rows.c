#define ROW rtk_discrepancy_row
#include "kernels/stats/discrepancy_rows.inc"
