// TA-Lib C: the streaming tier bar by bar, and batch. Built against the library in
// the PyPI wheel, which comes without headers, hence the declarations.
//
//	talib BARS.f64 RISING.f64 N
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct stream stream;
int TA_Initialize(void);

int TA_SMA_Open(stream **, const double *, int, int, double *);
int TA_SMA_Update(stream *, double, double *);
int TA_SMA_Close(stream *);
int TA_SMA(int, int, const double *, int, int *, int *, double *);
int TA_EMA_Open(stream **, const double *, int, int, double *);
int TA_EMA_Update(stream *, double, double *);
int TA_EMA_Close(stream *);
int TA_EMA(int, int, const double *, int, int *, int *, double *);
int TA_RSI_Open(stream **, const double *, int, int, double *);
int TA_RSI_Update(stream *, double, double *);
int TA_RSI_Close(stream *);
int TA_RSI(int, int, const double *, int, int *, int *, double *);
int TA_MAX_Open(stream **, const double *, int, int, double *);
int TA_MAX_Update(stream *, double, double *);
int TA_MAX_Close(stream *);
int TA_MAX(int, int, const double *, int, int *, int *, double *);
int TA_MIN_Open(stream **, const double *, int, int, double *);
int TA_MIN_Update(stream *, double, double *);
int TA_MIN_Close(stream *);
int TA_MIN(int, int, const double *, int, int *, int *, double *);
int TA_ATR_Open(stream **, const double *, const double *, const double *, int, int, double *);
int TA_ATR_Update(stream *, double, double, double, double *);
int TA_ATR_Close(stream *);
int TA_ATR(int, int, const double *, const double *, const double *, int, int *, int *, double *);
int TA_BBANDS_Open(stream **, const double *, int, int, double, double, int, double *, double *, double *);
int TA_BBANDS_Update(stream *, double, double *, double *, double *);
int TA_BBANDS_Close(stream *);
int TA_BBANDS(int, int, const double *, int, double, double, int, int *, int *, double *, double *, double *);
int TA_MACD_Open(stream **, const double *, int, int, int, int, double *, double *, double *);
int TA_MACD_Update(stream *, double, double *, double *, double *);
int TA_MACD_Close(stream *);
int TA_MACD(int, int, const double *, int, int, int, int *, int *, double *, double *, double *);
int TA_STOCH_Open(stream **, const double *, const double *, const double *, int, int, int, int, int, int, double *, double *);
int TA_STOCH_Update(stream *, double, double, double, double *, double *);
int TA_STOCH_Close(stream *);
int TA_STOCH(int, int, const double *, const double *, const double *, int, int, int, int, int, int *, int *, double *, double *);

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e9 * t.tv_sec + t.tv_nsec;
}

static double *load(const char *path, size_t n) {
	double *x = malloc(n * sizeof *x);
	FILE *f = fopen(path, "rb");
	if (!f || fread(x, sizeof *x, n, f) != n) {
		fprintf(stderr, "talib: cannot read %s\n", path);
		exit(1);
	}
	fclose(f);
	return x;
}

enum { before = 200 }; // bars that a stream opens with; the others are timed

#define LIVE(name, open, update, close, first) {                              \
	stream *s = NULL;                                                         \
	if (open) { fprintf(stderr, "talib: %s\n", name); return 1; }             \
	double t = now();                                                         \
	for (int i = first; i < n; i++) { update; sum += a; }                     \
	printf("talib-c live %s %.3f\n", name, (now() - t) / (n - first));        \
	close(s);                                                                 \
}
#define BLOCK(name, call) {                                                   \
	double t = now();                                                         \
	if (call) { fprintf(stderr, "talib: %s\n", name); return 1; }             \
	printf("talib-c block %s %.3f\n", name, (now() - t) / n);                 \
	sum += x[n / 2];                                                          \
}

int main(int argc, char **argv) {
	if (argc != 4) return 2;
	int n = atoi(argv[3]), begin, count;
	double *bars = load(argv[1], 5 * (size_t)n), *rising = load(argv[2], n), *falling = malloc(n * sizeof(double));
	double *high = bars + n, *low = bars + 2 * n, *close = bars + 3 * n;
	double *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y), *z = calloc(n, sizeof *z);
	double a, b, c, sum = 0;
	for (int i = 0; i < n; i++) falling[i] = -rising[i], x[i] = y[i] = z[i] = 1; // touch the pages
	TA_Initialize();
	LIVE("sma", TA_SMA_Open(&s, close, before, 20, &a), TA_SMA_Update(s, close[i], &a), TA_SMA_Close, before)
	LIVE("ema", TA_EMA_Open(&s, close, before, 20, &a), TA_EMA_Update(s, close[i], &a), TA_EMA_Close, before)
	LIVE("rsi", TA_RSI_Open(&s, close, before, 14, &a), TA_RSI_Update(s, close[i], &a), TA_RSI_Close, before)
	LIVE("atr", TA_ATR_Open(&s, high, low, close, before, 14, &a), TA_ATR_Update(s, high[i], low[i], close[i], &a), TA_ATR_Close, before)
	LIVE("bbands", TA_BBANDS_Open(&s, close, before, 20, 2, 2, 0, &a, &b, &c), TA_BBANDS_Update(s, close[i], &a, &b, &c), TA_BBANDS_Close, before)
	LIVE("macd", TA_MACD_Open(&s, close, before, 12, 26, 9, &a, &b, &c), TA_MACD_Update(s, close[i], &a, &b, &c), TA_MACD_Close, before)
	LIVE("stoch", TA_STOCH_Open(&s, high, low, close, before, 14, 3, 0, 3, 0, &a, &b), TA_STOCH_Update(s, high[i], low[i], close[i], &a, &b), TA_STOCH_Close, before)
	BLOCK("sma", TA_SMA(0, n - 1, close, 20, &begin, &count, x))
	BLOCK("ema", TA_EMA(0, n - 1, close, 20, &begin, &count, x))
	BLOCK("rsi", TA_RSI(0, n - 1, close, 14, &begin, &count, x))
	BLOCK("atr", TA_ATR(0, n - 1, high, low, close, 14, &begin, &count, x))
	BLOCK("bbands", TA_BBANDS(0, n - 1, close, 20, 2, 2, 0, &begin, &count, x, y, z))
	BLOCK("macd", TA_MACD(0, n - 1, close, 12, 26, 9, &begin, &count, x, y, z))
	BLOCK("stoch", TA_STOCH(0, n - 1, high, low, close, 14, 3, 0, 3, 0, &begin, &count, x, y))
	int live = n;
	n = n / 10; // a rescan of 2,000 values a bar takes its time
	LIVE("max2000", TA_MAX_Open(&s, falling, 2200, 2000, &a), TA_MAX_Update(s, falling[i], &a), TA_MAX_Close, 2200)
	LIVE("min2000", TA_MIN_Open(&s, rising, 2200, 2000, &a), TA_MIN_Update(s, rising[i], &a), TA_MIN_Close, 2200)
	BLOCK("max2000", TA_MAX(0, n - 1, falling, 2000, &begin, &count, x))
	BLOCK("min2000", TA_MIN(0, n - 1, rising, 2000, &begin, &count, x))
	n = live;
	fprintf(stderr, "talib-c %g\n", sum); // keeps the results alive
	return 0;
}
