typedef struct CUstream_st *cudaStream_t;
typedef struct CUevent_st *cudaEvent_t;
