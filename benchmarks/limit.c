/* The limit: the engine's own search (bucket queue, label correction, straight walks) by hand in C, no ties, no mid-street places. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct { const int32_t *first, *other, *onward; const double *cost; int32_t n; double per_s; int64_t ring; } Rows;
typedef struct { double *s; int32_t *label, *after, *before, *heads, *met; } Space;

static inline void link_(int32_t v, int64_t slot, Space *w) {
    int32_t second = w->heads[slot];
    w->after[v] = second; w->before[v] = (int32_t)(-2 - slot);
    if (second >= 0) w->before[second] = v;
    w->heads[slot] = v;
}
static inline int wait_(int32_t v, double old_s, double new_s, const Rows *r, Space *w) {
    int64_t slot = (int64_t)(new_s * r->per_s) & (r->ring - 1);
    if (w->before[v] == -1) { link_(v, slot, w); return 1; }
    if (((int64_t)(old_s * r->per_s) & (r->ring - 1)) != slot) {
        int32_t ahead = w->before[v], behind = w->after[v];
        if (ahead >= 0) w->after[ahead] = behind; else w->heads[-2 - ahead] = behind;
        if (behind >= 0) w->before[behind] = ahead;
        link_(v, slot, w);
    }
    return 0;
}
static int32_t search(const Rows *r, Space *w, const int32_t *sources, int32_t k, double limit_s, int labelled) {
    int32_t n_met = 0; int64_t waiting = 0, number = 0;
    for (int32_t i = 0; i < k; i++) {
        int32_t v = sources[i];
        if (w->s[v] > 0) { w->s[v] = 0; w->met[n_met++] = v; if (labelled) w->label[v] = i; waiting += wait_(v, INFINITY, 0, r, w); }
    }
    while (waiting > 0) {
        int64_t slot = number & (r->ring - 1);
        int32_t v = w->heads[slot];
        if (v < 0) { number++; continue; }
        w->heads[slot] = -1;
        while (v >= 0) {
            int32_t behind = w->after[v];
            w->before[v] = -1; waiting--;
            for (int32_t arc = r->first[v]; arc < r->first[v + 1]; arc++) {
                double from_s = w->s[v];
                for (int32_t along = arc;;) {
                    int32_t u = r->other[along];
                    double new_s = from_s + r->cost[along], old_s = w->s[u];
                    if (!(new_s < old_s && new_s <= limit_s)) break;
                    if (old_s == INFINITY) w->met[n_met++] = u;
                    w->s[u] = new_s;
                    if (labelled) w->label[u] = w->label[v];
                    along = r->onward[along];
                    if (along == -2 || w->before[u] != -1) { waiting += wait_(u, old_s, new_s, r, w); break; }
                    if (along == -1) break;
                    from_s = new_s;
                }
            }
            v = behind;
        }
    }
    return n_met;
}
static Space space_(const Rows *r) {
    Space w = {malloc(8L * r->n), malloc(4L * r->n), malloc(4L * r->n), malloc(4L * r->n), malloc(4 * (r->ring + 1)), malloc(4L * r->n)};
    for (int32_t v = 0; v < r->n; v++) { w.s[v] = INFINITY; w.before[v] = -1; w.label[v] = -1; }
    for (int64_t i = 0; i <= r->ring; i++) w.heads[i] = -1;
    return w;
}
static void free_(Space *w) { free(w->s); free(w->label); free(w->after); free(w->before); free(w->heads); free(w->met); }

void *prepare(const int32_t *first, const int32_t *other, const int32_t *onward, const double *cost, int32_t n, double per_s, int64_t ring) {
    Rows *r = malloc(sizeof(Rows) + sizeof(Space));
    *r = (Rows){first, other, onward, cost, n, per_s, ring};
    *(Space *)(r + 1) = space_(r);
    return r;
}
void done(void *handle) { free_((Space *)((Rows *)handle + 1)); free(handle); }

void nearest(void *handle, const int32_t *outer, const int32_t *sources, int32_t k, double limit_s, double *out_s, int64_t *out_source) {
    Rows *r = handle; Space *w = (Space *)(r + 1);
    int32_t n_met = search(r, w, sources, k, limit_s, 1);
    for (int32_t v = 0; v < r->n; v++) { out_s[v] = INFINITY; out_source[v] = -1; }
    for (int32_t i = 0; i < n_met; i++) {
        int32_t v = w->met[i];
        out_s[outer[v]] = w->s[v]; out_source[outer[v]] = w->label[v]; w->s[v] = INFINITY;
    }
}
int64_t reach(void *handle, const int32_t *outer, const int32_t *sources, int32_t k, double limit_s, int64_t *count, int32_t *node, double *out_s) {
    Rows *r = handle; Space *w = (Space *)(r + 1); int64_t filled = 0;
    for (int32_t i = 0; i < k; i++) {
        int32_t n_met = search(r, w, sources + i, 1, limit_s, 0);
        for (int32_t j = 0; j < n_met; j++) {
            int32_t v = w->met[j];
            node[filled] = outer[v]; out_s[filled++] = w->s[v]; w->s[v] = INFINITY;
        }
        count[i] = n_met;
    }
    return filled;
}
int64_t matrix(void *handle, const int32_t *sources, int32_t k, const int32_t *goals, int32_t n_goals, double limit_s, int64_t *count, int32_t *goal, double *out_s) {
    Rows *r = handle; Space *w = (Space *)(r + 1); int64_t filled = 0;
    for (int32_t i = 0; i < k; i++) {
        int64_t start = filled;
        int32_t n_met = search(r, w, sources + i, 1, limit_s, 0);
        for (int32_t j = 0; j < n_goals; j++)
            if (w->s[goals[j]] < INFINITY) { goal[filled] = j; out_s[filled++] = w->s[goals[j]]; }
        for (int32_t j = 0; j < n_met; j++) w->s[w->met[j]] = INFINITY;
        count[i] = filled - start;
    }
    return filled;
}
